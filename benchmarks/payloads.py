"""The messages that are measured, per version of OCPP: a small one and a large one."""

from typing import Any

BOOT: dict[str, Any] = {
    "chargePointVendor": "Vendor",
    "chargePointModel": "Model",
    "firmwareVersion": "1.2.3",
}
BOOT_ANSWER: dict[str, Any] = {
    "status": "Accepted",
    "currentTime": "2030-01-01T00:00:00.000Z",
    "interval": 300,
}
METER: dict[str, Any] = {
    "connectorId": 1,
    "transactionId": 7,
    "meterValue": [
        {
            "timestamp": "2030-01-01T00:00:00.000Z",
            "sampledValue": [
                {
                    "value": str(100 + i),
                    "context": "Sample.Periodic",
                    "measurand": "Energy.Active.Import.Register",
                    "location": "Outlet",
                    "unit": "Wh",
                }
                for i in range(20)
            ],
        }
    ],
}
BOOT_201: dict[str, Any] = {
    "reason": "PowerUp",
    "chargingStation": {"vendorName": "Vendor", "model": "Model", "firmwareVersion": "1.2.3"},
}
EVENT_201: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": "2030-01-01T00:00:00.000Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "CS001-7", "chargingState": "Charging"},
    "evse": {"id": 1, "connectorId": 1},
    "meterValue": [
        {
            "timestamp": "2030-01-01T00:00:00.000Z",
            "sampledValue": [
                {
                    "value": 100 + i,
                    "context": "Sample.Periodic",
                    "measurand": "Energy.Active.Import.Register",
                    "location": "Outlet",
                    "unitOfMeasure": {"unit": "Wh"},
                }
                for i in range(4)
            ],
        }
    ],
}
MESSAGES: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "1.6": {"BootNotification": (BOOT, BOOT_ANSWER), "MeterValues": (METER, {})},
    "2.0.1": {"BootNotification": (BOOT_201, BOOT_ANSWER), "TransactionEvent": (EVENT_201, {})},
}
"""Request and answer, by version and action."""
