"""The two messages that are measured: a small one and a large one."""

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
MESSAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "BootNotification": (BOOT, BOOT_ANSWER),
    "MeterValues": (METER, {}),
}
