"""Boot notifications and heartbeats as OCPP 1.6 has them (4.2, 4.6)."""

from collections.abc import Callable

from testbay_reference.link import Rpc
from testbay_reference.outbox import Result
from testbay_reference.registration import Booting, Heartbeat, Registration
from testbay_reference.station.context import Context, Payload
from testbay_reference.station.outbox import Outbox

INTERVAL = "HeartbeatInterval"


def registration(context: Context, ready: Callable[[Rpc, bool], None]) -> Registration:
    """Return what registers a station; once is enough for all connections (OCPP-J 5.4)."""
    faults = context.faults

    async def notify(rpc: Rpc, _reason: str) -> Result:
        if "boots-without-boot-notification" in faults:
            return {"status": "Accepted", "interval": 0}
        return await rpc.call("BootNotification", _payload(context))

    def heard(_rpc: Rpc, answer: Payload) -> None:
        if answer["status"] == "Accepted" and answer["interval"] > 0:
            context.config.put(INTERVAL, str(answer["interval"]))

    def pause(interval: float) -> float:
        if "boot-retry-ignores-interval" in faults:
            return 1.0
        return interval if interval > 0 else context.options.boot_retry

    persistent = "boot-gives-up" not in faults
    return Registration(context, Booting(notify, heard, pause, persistent), ready)


def _payload(context: Context) -> Payload:
    options = context.options
    payload = {
        "chargePointVendor": options.vendor,
        "chargePointModel": options.model,
        "firmwareVersion": context.store.get("firmware_version") or options.firmware,
    }
    if options.serial is not None:
        payload["chargePointSerialNumber"] = options.serial
    return payload


def heartbeat(context: Context, outbox: Outbox) -> Heartbeat:
    """Return what sends heartbeats, as often as the configuration says (4.6)."""

    def interval() -> float:
        if "no-heartbeat" in context.faults:
            return 0
        twice = "heartbeat-ignores-interval" in context.faults
        return context.config.number(INTERVAL) * (2 if twice else 1)

    beats = Heartbeat(context, outbox.send, interval)
    context.config.on_change(INTERVAL, beats.retime)
    return beats
