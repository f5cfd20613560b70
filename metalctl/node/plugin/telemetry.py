"""Temperatures and CPU frequency at the start and the end of a check, from /sys."""

from __future__ import annotations

from pathlib import Path

from metalctl.node.inspect.host import LocalHost

_HWMON, _CPUS = "sys/class/hwmon", "sys/devices/system/cpu/cpufreq"


def sample(root: Path = Path("/")) -> dict[str, float]:
    """The hottest sensor of each hwmon chip (°C) and the slowest CPU (Hz); what cannot be read is left out."""
    host, found = LocalHost(root), dict[str, float]()
    for chip in host.names(_HWMON):
        if temperatures := _temperatures(host, f"{_HWMON}/{chip}"):
            found[f"{host.text(f'{_HWMON}/{chip}/name')} {chip} °C".lstrip()] = max(temperatures) / 1000
    policies = [f"{_CPUS}/{n}/scaling_cur_freq" for n in host.names(_CPUS) if n.startswith("policy")]
    if frequencies := [f for path in policies if (f := host.number(path)) is not None]:
        found["cpu min Hz"] = min(frequencies) * 1000
    return found


def _temperatures(host: LocalHost, chip: str) -> list[int]:
    inputs = [n for n in host.names(chip) if n.startswith("temp") and n.endswith("_input")]
    return [t for n in inputs if (t := host.number(f"{chip}/{n}")) is not None]
