"""Lists of parts that a BMC keeps beside the standard's, as a quirk states them.

    set:
      also:
        - kind: disk                     # disk, controller or device (PCIe)
          of: system                     # where the way begins: system (default), or each of its chassis
          way: Oem.Acme.Shelves > Links.Bays   # links, one after the other; what a collection lists is followed too
          if: none                       # always (default), or only where the standard lists none
          as:                            # property of the standard (Drive, StorageController, PCIeDevice) ← theirs
            CapacityBytes: SizeMiB * 1048576
            PredictedMediaLifeLeftPercent: 100 - WearPercent
            PhysicalLocation.PartLocation.ServiceLabel: Bay

A dot leads into an object. Properties that are called as the standard calls them need no line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("disk", "controller", "device")
_PLACES = ("system", "chassis")
_CONDITIONS = ("always", "none")
_KEYS = ("kind", "of", "way", "if", "as")
_PROPERTY = re.compile(r"[\w@.]+")
_THEIRS = re.compile(r"(?:(?P<base>\d+) - )?(?P<name>[A-Za-z_@][\w@.]*)(?: \* (?P<factor>\d+))?")


@dataclass(frozen=True, slots=True)
class Theirs:
    """Where a value stands, and what is made of it: base - value, or value × factor."""

    place: tuple[str, ...]
    base: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Also:
    """One list: see above. properties: place in the standard's resource → where theirs has it."""

    kind: str
    way: tuple[tuple[str, ...], ...]
    of: str = "system"
    if_none: bool = False
    properties: tuple[tuple[tuple[str, ...], Theirs], ...] = ()


def parsed(value: Any) -> tuple[Also | None, str]:
    """The list, and what is expected where it is not one."""
    if not isinstance(value, Mapping) or not {"kind", "way"} <= set(value) <= set(_KEYS):
        return None, f"a mapping of {', '.join(_KEYS)}, with kind and way"
    for name, words in (("kind", KINDS), ("of", _PLACES), ("if", _CONDITIONS)):
        if value.get(name, words[0]) not in words:
            return None, f"{name} to be one of {', '.join(words)}"
    way = [step.strip() for step in str(value["way"]).split(">")]
    if not all(_PROPERTY.fullmatch(step) for step in way):
        return None, "a way such as Oem.Acme.Shelves > Links.Bays"
    properties = value.get("as", {})
    if not isinstance(properties, Mapping) or not all(map(_is_line, properties.items())):
        return None, "as: lines such as CapacityBytes: SizeMiB * 1048576"
    lines = tuple((_place(str(ours)), _theirs(str(theirs))) for ours, theirs in properties.items())
    steps, place = tuple(map(_place, way)), str(value.get("of", "system"))
    return Also(str(value["kind"]), steps, place, value.get("if") == "none", lines), ""


def _is_line(line: tuple[Any, Any]) -> bool:
    ours, theirs = line
    return bool(_PROPERTY.fullmatch(str(ours)) and isinstance(theirs, str) and _THEIRS.fullmatch(theirs))


def _place(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split("."))


def _theirs(written: str) -> Theirs:
    found = _THEIRS.fullmatch(written)
    assert found  # parsed() looked
    base, factor = found["base"], found["factor"]
    return Theirs(_place(found["name"]), float(base) if base else None, float(factor or 1))
