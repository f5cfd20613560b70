"""Temperatures and CPU frequency at the start and the end of a check, from /sys."""

from __future__ import annotations

from pathlib import Path


def sample(root: Path = Path("/")) -> dict[str, float]:
    """The hottest sensor of each hwmon chip (°C) and the slowest CPU (Hz); what cannot be read is left out."""
    found: dict[str, float] = {}
    for chip in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        temperatures = [t for p in chip.glob("temp*_input") if (t := _number(p)) is not None]
        if temperatures:
            found[f"{_name(chip)} °C"] = max(temperatures) / 1000
    policies = (root / "sys/devices/system/cpu/cpufreq").glob("policy*/scaling_cur_freq")
    if frequencies := [f for p in policies if (f := _number(p)) is not None]:
        found["cpu min Hz"] = min(frequencies) * 1000
    return found


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None


def _name(chip: Path) -> str:
    try:
        return f"{(chip / 'name').read_text().strip()} {chip.name}"
    except OSError:
        return chip.name
