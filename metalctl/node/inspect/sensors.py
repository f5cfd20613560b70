"""Sensors that the kernel reads itself: /sys/class/hwmon. The BMC's sensors are the out-of-band inventory's part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metalctl.model.inventory import Sensor
from metalctl.node.inspect.host import Host

_HWMON = "/sys/class/hwmon"
_INPUT = re.compile(r"(temp|fan|in|curr|power)(\d+)_(?:input|average)")

_ALARMS = ("crit_alarm", "fault", "alarm", "max_alarm", "min_alarm")


@dataclass(frozen=True, slots=True)
class _Kind:
    """scale: what the file's number is divided by."""

    name: str
    unit: str
    scale: float


# Scales: Documentation/hwmon/sysfs-interface.
_KINDS = {
    "temp": _Kind("temperature", "°C", 1000),
    "fan": _Kind("fan", "rpm", 1),
    "in": _Kind("voltage", "V", 1000),
    "curr": _Kind("current", "A", 1000),
    "power": _Kind("power", "W", 1_000_000),
}


def collect(host: Host) -> tuple[Sensor, ...]:
    """Every reading, by chip and label."""
    chips = host.names(_HWMON)
    if not chips:
        host.unreadable("sensors", f"{_HWMON}: the kernel has no sensor driver for this machine")
        return ()
    host.source("sensors", _HWMON)
    return tuple(s for chip in chips for s in _chip(host, f"{_HWMON}/{chip}"))


def _chip(host: Host, base: str) -> list[Sensor]:
    chip, device = host.text(f"{base}/name"), host.linked(f"{base}/device")
    found: dict[str, Sensor] = {}
    for file in host.names(base):
        match = _INPUT.fullmatch(file)
        if match and (stem := f"{match.group(1)}{match.group(2)}") not in found:
            label = host.text(f"{base}/{stem}_label") or stem
            name = " ".join(w for w in (chip, device, label) if w)
            found[stem] = _sensor(host, f"{base}/{stem}", f"{base}/{file}", name, _KINDS[match.group(1)])
    return list(found.values())


def _sensor(host: Host, stem: str, file: str, name: str, kind: _Kind) -> Sensor:
    value = _scaled(host.number(file), kind)
    if value is None:
        host.unreadable(f"sensors.{name}", f"{file} cannot be read")
    return Sensor(
        name=name,
        kind=kind.name,
        value=value,
        unit=kind.unit,
        health=_health(host, stem, value),
        upper_critical=_scaled(host.number(f"{stem}_crit"), kind),
        lower_critical=_scaled(host.number(f"{stem}_lcrit"), kind),
    )


def _scaled(number: int | None, kind: _Kind) -> float | None:
    return None if number is None else number / kind.scale


def _health(host: Host, stem: str, value: float | None) -> str:
    """What the chip's alarm bits say: "critical", "warning", "ok", or "" when it has none."""
    alarms = {name: host.number(f"{stem}_{name}") for name in _ALARMS}
    if value is None or all(a is None for a in alarms.values()):
        return ""
    if alarms["crit_alarm"] or alarms["fault"]:
        return "critical"
    return "warning" if any(alarms.values()) else "ok"
