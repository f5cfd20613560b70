"""The health log of an NVMe drive, from `nvme smart-log -o json` of nvme-cli 1 and 2."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import tool
from metalctl.node.errors import ToolFailed

_KELVIN = 273


@dataclass(frozen=True, slots=True)
class NvmeHealth:
    """critical_warning: bits; media_errors: count; percentage_used, spare: fractions; temperature: °C."""

    critical_warning: int
    media_errors: int
    percentage_used: float
    spare: float
    temperature: float | None


def nvme(disk: Disk, timeout: float = 30.0) -> NvmeHealth:
    """Ask the drive; raises ToolFailed."""
    return parse(tool.run(["nvme", "smart-log", "-o", "json", str(Path("/dev", disk.name))], timeout).require().out)


def parse(text: str) -> NvmeHealth:
    """The log as nvme-cli writes it; raises ToolFailed for anything that is not all of it."""
    try:
        log = json.loads(text)
        warning = log["critical_warning"]
        kelvin = log.get("temperature")
        return NvmeHealth(
            critical_warning=int(warning["value"] if isinstance(warning, dict) else warning),
            media_errors=int(log["media_errors"]),
            percentage_used=int(_either(log, "percent_used", "percentage_used")) / 100,
            spare=int(_either(log, "avail_spare", "available_spare")) / 100,
            temperature=None if kelvin is None else float(kelvin) - _KELVIN,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as odd:
        raise ToolFailed(f"nvme smart-log cannot be read: {odd!r}", hint="run nvme smart-log -o json by hand") from odd


def _either(log: Any, *names: str) -> Any:
    return next(log[n] for n in names if n in log) if any(n in log for n in names) else log[names[0]]
