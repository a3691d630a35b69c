"""Boot notifications and heartbeats as OCPP 2.0.1 has them (B01 to B04, G02)."""

from collections.abc import Callable

from testbay_reference.link import Rpc
from testbay_reference.outbox import Result
from testbay_reference.registration import Booting, Heartbeat, Registration
from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.outbox import Outbox

INTERVAL = "OCPPCommCtrlr.HeartbeatInterval"
VERSION = "firmware_version"  # under which the firmware that was installed is remembered


def registration(context: Context, reason: str, ready: Callable[[Rpc, bool], None]) -> Registration:
    """Return what registers a station.

    Args:
        reason: why the station has booted.
    """
    options = context.options

    async def notify(rpc: Rpc, reason: str) -> Result:
        if "no-boot-notification" in context.faults:
            return {"status": "Accepted", "interval": 0}
        return await rpc.call("BootNotification", boot(context, reason))

    def heard(rpc: Rpc, answer: Payload) -> None:
        if answer["status"] == "Rejected" and options.waits_offline:
            context.spawn(rpc.close(), "rejected")
        if answer["status"] == "Accepted" and answer["interval"] > 0:
            context.variables.put(INTERVAL, str(answer["interval"]))

    def pause(interval: float) -> float:
        return interval if interval > 0 else options.boot_retry

    return Registration(context, Booting(notify, heard, pause), ready, reason)


def boot(context: Context, reason: str) -> Payload:
    """Return a BootNotification."""
    options = context.options
    station = {
        "vendorName": options.vendor,
        "model": options.model,
        "firmwareVersion": context.store.get(VERSION, options.firmware),
    }
    if options.serial is not None:
        station["serialNumber"] = options.serial
    return {"reason": reason, "chargingStation": station}


def heartbeat(context: Context, outbox: Outbox) -> Heartbeat:
    """Return what sends heartbeats, as often as the variable says (G02)."""
    beats = Heartbeat(context, outbox.send, lambda: context.variables.number(INTERVAL))
    context.variables.on_change(INTERVAL, beats.retime)
    return beats
