"""What is odd about some BMCs, as data: one JSON file a quirk in this folder, found by being there.

    {"about": "...", "source": "where it was learnt",
     "when": {"system.Manufacturer": "^Acme"},          every one must match; regular expressions, case-sensitive
     "set": {"serial_from": "SKU",                      the property of the system that is its serial number
             "emulated": true,                          not real hardware
             "distrust": {"cpu": "why"}}}               facts not to be read, and why

`when` looks at `root.` (service root) and `system.` of Redfish, and `device.` (Get Device ID) of IPMI. Of several
that match, the one with more conditions wins, setting by setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Quirks:
    """The settings that hold for one BMC."""

    serial_from: str = "SerialNumber"
    emulated: bool = False
    distrust: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def quirks_of(**facts: Mapping[str, Any]) -> Quirks:
    """The quirks of a BMC, from its `root`, `system` or `device` as JSON objects."""
    settings: dict[str, Any] = {}
    names = []
    for name, quirk in sorted(_catalogue().items(), key=lambda item: len(item[1]["when"])):
        if all(_holds(facts, place, pattern) for place, pattern in quirk["when"].items()):
            settings.update(quirk["set"])
            names.append(name)
    return Quirks(**settings, names=tuple(names))


def _holds(facts: Mapping[str, Mapping[str, Any]], place: str, pattern: str) -> bool:
    thing, _, name = place.partition(".")
    value = facts.get(thing, {}).get(name)
    return isinstance(value, (str, int, float)) and re.search(pattern, str(value)) is not None


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return {file.stem: json.loads(file.read_text()) for file in sorted(Path(__file__).parent.glob("*.json"))}
