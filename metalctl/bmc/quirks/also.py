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
from dataclasses import dataclass

from metalctl.content import yaml

KINDS = ("disk", "controller", "device")
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


def read(r: yaml.Reader) -> Also:
    """One list out of a quirk's file."""
    lines = r.mapping("as").entries(_theirs, Theirs(()))
    entry = Also(
        kind=r.required("kind", yaml.one_of(*KINDS), ""),
        way=r.required("way", _way, ()),
        of=r.value("of", yaml.one_of("system", "chassis"), "system"),
        if_none=r.value("if", yaml.one_of("always", "none"), "always") == "none",
        properties=tuple((_place(ours), theirs) for ours, theirs in lines.items()),
    )
    r.done()
    return entry


def _way(text: str) -> tuple[tuple[str, ...], ...]:
    steps = [step.strip() for step in text.split(">")]
    if not all(map(_PROPERTY.fullmatch, steps)):
        raise yaml.Mismatch("a way such as Oem.Acme.Shelves > Links.Bays")
    return tuple(map(_place, steps))


def _place(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split("."))


def _theirs(text: str) -> Theirs:
    found = _THEIRS.fullmatch(text)
    if not found:
        raise yaml.Mismatch("a property such as SizeMiB, SizeMiB * 1048576 or 100 - WearPercent")
    base, factor = found["base"], found["factor"]
    return Theirs(_place(found["name"]), float(base) if base else None, float(factor or 1))
