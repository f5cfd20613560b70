"""Pure parsers: the PCIe link of a device or a drive. What is not stated stays None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from metalctl.bmc.redfish.schema.chassis import PcieDeviceSchema
from metalctl.bmc.redfish.schema.links import path_of
from metalctl.bmc.redfish.schema.storage import Drive, StorageController
from metalctl.bmc.redfish.schema.values import child, finite
from metalctl.model.inventory import PcieLink

_RATES = {"gen1": 2.5, "gen2": 5.0, "gen3": 8.0, "gen4": 16.0, "gen5": 32.0, "gen6": 64.0}
_DEVICES = "/PCIeDevices/"
_CODED = 128 / 130  # of what crosses the wire, what arrives: Gen3 to Gen5; before them it was 8 / 10
_CLOSE = 0.005


def stated(one: PcieDeviceSchema | StorageController) -> PcieLink | None:
    """The link of what states a PCIeInterface."""
    link = PcieLink(
        speed=_RATES.get(one.generation),
        width=one.lanes or None,
        max_speed=_RATES.get(one.max_generation),
        max_width=one.max_lanes or None,
    )
    return link if link != PcieLink() else None


def of_drive(drive: Drive, alone: StorageController | None, devices: Mapping[str, PcieLink | None]) -> PcieLink | None:
    """The link of an NVMe drive: of its PCIe device, of the controller that it is `alone` behind, or as it says itself.

    devices: id of a PCIe device → its link. A controller with several drives has a link of its own, which says nothing
    of theirs.
    """
    functions = [*drive.functions, *(alone.functions if alone else ())]
    of_device = next((link for one in _ids(map(path_of, functions)) if (link := devices.get(one))), None)
    return of_device or (stated(alone) if alone else None) or _itself(drive)


def _ids(functions: Iterable[str]) -> Iterable[str]:
    """The ids of the PCIe devices that functions (…/PCIeDevices/ID/PCIeFunctions/N) belong to."""
    for path in functions:
        if _DEVICES in path:
            yield path.rpartition(_DEVICES)[2].partition("/")[0]


def _itself(drive: Drive) -> PcieLink | None:
    """What a drive states beside the standard: lanes; with them its Gbit/s, which are a lane's or all lanes', tell."""
    now, most = lanes(child(drive.json, "Oem"))
    if not most:
        return None
    rates = _rates(drive.negotiated, drive.capable, now or most, most)
    return PcieLink(rates[0], now or None, rates[1], most)


def _rates(now: float | None, most: float | None, lanes: int, most_lanes: int) -> tuple[float | None, float | None]:
    """GT/s now and at most; (None, None) where the numbers fit a lane as well as all lanes, or neither."""
    found = []
    for each, every in ((1, 1), (lanes, most_lanes)) if most_lanes > 1 else ((1, 1),):
        if most is not None and (top := _rate(most / every)):
            found.append((None if now is None else _rate(now / each), top))
    return found[0] if len(found) == 1 else (None, None)


def _rate(speed: float) -> float | None:
    """GT/s of a lane that carries so many Gbit/s, stated as they cross the wire or as they arrive."""
    for rate in _RATES.values():
        arrives = rate if rate > 32 else rate * (_CODED if rate >= 8 else 0.8)
        if any(abs(speed / one - 1) < _CLOSE for one in (rate, arrives)):
            return rate
    return None


def lanes(oem: Mapping[str, object]) -> tuple[int | None, int | None]:
    """Lanes in use and at most, of whichever maker's extension states them ("x4")."""
    for maker in oem.values():
        for part in maker.values() if isinstance(maker, dict) else ():
            if isinstance(part, dict) and (most := _lanes(part.get("PCIeCapableLinkWidth"))):
                return _lanes(part.get("PCIeNegotiatedLinkWidth")), most
    return None, None


def _lanes(value: object) -> int | None:
    found = finite(value.removeprefix("x") if isinstance(value, str) else value)
    return round(found) if found and 0 < found <= 32 else None
