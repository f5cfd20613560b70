"""The merged inventory: for each fact the side that knows it better, else the side that states it.

The machine itself knows what runs (sizes, speeds, addresses, links); the BMC knows what the machine cannot see: power
supplies, health, its own log and settings, and parts that have no driver.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from metalctl.model.inventory import Inventory, Unreadable
from metalctl.model.merge._behind import outside_of
from metalctl.model.parts import KINDS, Kind, pair, stated

_BMC_KNOWS = frozenset({"power", "manager", "settings", "log"})
_BMC_KNOWS_PARTS = frozenset({"power supply"})
_BMC_KNOWS_OF_PARTS = frozenset({"health", "serial", "part_number"})
_MACHINES = frozenset(
    {"disk", "raid disk", "bond", "sensor", "numa node"}
)  # all of such a part is the machine's to tell
_BOTH = frozenset({"sensor", "firmware", "volume"})  # each side sees some that the other does not


def combined(out_of_band: Inventory, in_band: Inventory) -> Inventory:
    """Source "merged"; unreadable facts of both sides, each with its side named; sources of both."""
    merged: Inventory = _overlay(in_band, out_of_band, _BMC_KNOWS, skip=frozenset({"cpu", "memory"}))
    cpu, memory = (_overlay(getattr(in_band, f), getattr(out_of_band, f), frozenset()) for f in ("cpu", "memory"))
    merged = dataclasses.replace(merged, cpu=cpu, memory=memory)
    for kind in KINDS:
        merged = _with_parts(merged, kind, _parts(kind, out_of_band, in_band))
    return dataclasses.replace(
        merged,
        source="merged",
        emulated=out_of_band.emulated or in_band.emulated,
        unreadable=tuple(dict.fromkeys(_notes(out_of_band) + _notes(in_band))),
        sources=_sources(out_of_band, in_band),
    )


def _overlay(inside: Any, outside: Any, bmc: frozenset[str], skip: frozenset[str] = frozenset()) -> Any:
    """Every field from the preferred side if it states it, else from the other; dataclasses below are overlaid too."""
    chosen = {}
    for field in dataclasses.fields(inside):
        name, here, there = field.name, getattr(inside, field.name), getattr(outside, field.name)
        if name in skip:
            continue
        if type(here) is type(there) and dataclasses.is_dataclass(here):
            chosen[name] = _overlay(here, there, bmc)
            continue
        first, second = (there, here) if name in bmc else (here, there)
        chosen[name] = first if stated(first) else second
    return dataclasses.replace(inside, **chosen)


def _parts(kind: Kind, out_of_band: Inventory, in_band: Inventory) -> tuple[Any, ...]:
    """The list of the side that knows the kind better, if it lists any, each part with what the other adds.

    A disk that the BMC alone lists is not in it: nothing can be written to it. It is among the facts and the findings.
    """
    here, there = kind.of(in_band), outside_of(kind, out_of_band, in_band)
    bmc: frozenset[str] = frozenset() if kind.name in _MACHINES else _BMC_KNOWS_OF_PARTS
    if kind.name in _BMC_KNOWS_PARTS:
        here, there, bmc = there, here, frozenset()
    pairs, _, others = pair(here, there, kind.keys)
    both = {id(a): _overlay(a, b, bmc) for a, b in pairs}
    listed = tuple(both.get(id(p), p) for p in here)
    return (*listed, *others) if kind.name in _BOTH or not here else listed


def _with_parts(merged: Any, kind: Kind, parts: tuple[Any, ...]) -> Any:
    top, _, below = kind.field.partition(".")
    if not below:
        return dataclasses.replace(merged, **{top: parts})
    return dataclasses.replace(merged, **{top: dataclasses.replace(getattr(merged, top), **{below: parts})})


def _notes(inventory: Inventory) -> tuple[Unreadable, ...]:
    return tuple(Unreadable(u.fact, f"{inventory.source}: {u.reason}") for u in inventory.unreadable)


def _sources(a: Inventory, b: Inventory) -> dict[str, str]:
    paths = sorted({*a.sources, *b.sources})
    return {p: "; ".join(f"{i.source}: {i.sources[p]}" for i in (a, b) if p in i.sources) for p in paths}
