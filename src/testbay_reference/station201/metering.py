"""Meter values: sampled at the events of a transaction and in between (J01, J02)."""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256

from testbay_reference.station201.context import Context, Payload
from testbay_reference.station201.evse import Evse

Periodic = Callable[[Evse, str, list[Payload]], None]
UNITS = {
    "Energy.Active.Import.Register": "Wh",
    "Power.Active.Import": "W",
    "Current.Import": "A",
    "Voltage": "V",
    "SoC": "Percent",
}
MOMENTS = {"Started": "TxStarted", "Updated": "TxUpdated", "Ended": "TxEnded"}
METHOD = "SHA256"
CONTEXTS = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}


class Metering:
    """Take the samples of all EVSEs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.periodic: Periodic = lambda evse, trigger, values: None

    @property
    def signs(self) -> bool:
        """Tell whether meter values of transactions are signed."""
        return self._context.variables.flag("SampledDataCtrlr.SignReadings")

    def start(self, evse: Evse) -> None:
        """Begin to sample a transaction every TxUpdatedInterval."""
        seconds = self._context.variables.number("SampledDataCtrlr.TxUpdatedInterval")
        if seconds > 0:
            timer = ("sample", evse.number)
            self._context.timers.after(timer, seconds, lambda: self._sample(evse))

    def stop(self, evse: Evse) -> None:
        """End that."""
        self._context.timers.cancel(("sample", evse.number))

    def at(self, evse: Evse, kind: str) -> list[Payload]:
        """Return the values that an event of this kind carries; none for Updated."""
        if kind == "Updated" or not self._context.variables.flag("SampledDataCtrlr.Enabled", True):
            return []
        return self.values(evse, f"SampledDataCtrlr.{MOMENTS[kind]}Measurands", CONTEXTS[kind])

    def values(self, evse: Evse, key: str, context: str) -> list[Payload]:
        """Return one sample of the measurands that a variable names."""
        samples = [
            self._value(evse, measurand, context)
            for measurand in self._context.variables.members(key)
        ]
        return [{"timestamp": self._context.stamp(), "sampledValue": samples}] if samples else []

    def _value(self, evse: Evse, measurand: str, context: str) -> Payload:
        time = self._context.timers.time()
        meter = evse.outlet.meter
        value = {
            "Energy.Active.Import.Register": meter.read(time),
            "Power.Active.Import": meter.power,
            "Current.Import": round(meter.power / 690.0, 1),
            "Voltage": 230.0,
            "SoC": round(evse.outlet.soc(time), 1),
        }[measurand]
        sampled: Payload = {
            "value": value,
            "measurand": measurand,
            "context": context,
            "location": "EV" if measurand == "SoC" else "Outlet",
            "unitOfMeasure": {"unit": UNITS[measurand]},
        }
        if self.signs and context != "Sample.Clock":
            sampled["signedMeterValue"] = _signed(evse, f"{value} {UNITS[measurand]}")
        return sampled

    def _sample(self, evse: Evse) -> None:
        values = self.values(evse, "SampledDataCtrlr.TxUpdatedMeasurands", "Sample.Periodic")
        self.periodic(evse, "MeterValuePeriodic", values)
        self.start(evse)


def _signed(evse: Evse, reading: str) -> Payload:
    """Return a reading as a meter signs it: with a digest in place of a signature."""
    meter = f"testbay-meter-{evse.number}"
    digest = sha256(f"{meter} {reading}".encode()).hexdigest()
    return {
        "signedMeterData": b64encode(f"{reading} {digest}".encode()).decode(),
        "signingMethod": METHOD,
        "encodingMethod": "Testbay",
        "publicKey": b64encode(meter.encode()).decode(),
    }
