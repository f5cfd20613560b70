"""The BMC's clock, which dates its event log and certificates: set to UTC, and read back."""

from __future__ import annotations

from datetime import UTC, datetime

from metalctl.bmc.errors import NotApplied, Unsupported
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import text

CLOSE = 2.0
SETTLES = 15.0


def read(wire: Wire) -> float:
    """Seconds by which the BMC is ahead of us (negative: behind). Raises Unsupported when it does not tell the time."""
    return _ahead(wire, _manager(wire)[1])


def write(wire: Wire) -> tuple[float, float]:
    """Seconds ahead, before and after. Nothing is sent when it is right to two seconds."""
    path, manager = _manager(wire)
    before = _ahead(wire, manager)
    if abs(before) <= CLOSE:
        return before, before
    wire.patch(path, _body(wire, manager), wait=False)
    got = wire.clock.until(lambda: _ahead(wire, wire.get(path)), lambda got: abs(got) <= CLOSE, SETTLES)
    if abs(got) > CLOSE:
        hint = "it may follow NTP servers: correct those, or switch NTP off"
        raise NotApplied(f"{wire.name}: its clock is {got:+.0f} s off after it was set", hint=hint, wanted=0, got=got)
    return before, got


def _body(wire: Wire, manager: Resource) -> dict[str, str]:
    now = datetime.fromtimestamp(wire.clock.today(), UTC)
    body = {"DateTime": now.isoformat(timespec="seconds")}
    offset = text(manager, "DateTimeLocalOffset")
    # A BMC that keeps an offset of its own would turn our UTC into its local time.
    return body | ({"DateTimeLocalOffset": "+00:00"} if offset and offset != "+00:00" else {})


def _manager(wire: Wire) -> tuple[str, Resource]:
    for path in wire.managers():
        if text(manager := wire.get(path), "DateTime"):
            return path, manager
    raise Unsupported(f"{wire.name} does not report its time", hint="try it over IPMI")


def _ahead(wire: Wire, manager: Resource) -> float:
    told = text(manager, "DateTime")
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise Unsupported(
            f"{wire.name} reports the time as {told!r}, which cannot be read",
            hint="check the clock on the BMC's web page",
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - wire.clock.today()
