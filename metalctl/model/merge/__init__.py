"""One inventory from two: what the BMC says and what the machine says of itself, part by part.

`merge` keeps both values and both sources of every fact (`Fact`), makes one inventory of them, and gives a finding for
each contradiction: both values, where each was read, the part to look at and what to do. Silence is no contradiction:
only what both sides state is compared, and only where they mean the same by it (_rules.py). Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metalctl.model.finding import Finding, Fru
from metalctl.model.frus import frus
from metalctl.model.inventory import Inventory
from metalctl.model.merge._behind import outside_of
from metalctl.model.merge._combine import combined
from metalctl.model.merge._cross import cross
from metalctl.model.merge._rules import RULES, Reading, contradiction
from metalctl.model.parts import KINDS, RAID_DISK, Kind, leaves, own_leaves, pair, source_of

_NO_FACTS = frozenset({"unreadable", "sources", "source", "log", "taken"})

__all__ = ["Fact", "Merged", "Reading", "merge"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with what each side says. path: "memory.dimms[A1].serial"; part: for people, "" for the machine itself.

    agree: None when one side alone states it, or when the two sides do not mean the same by it.
    """

    path: str
    part: str
    readings: tuple[Reading, ...]
    agree: bool | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """inventory: of both (source "merged"); facts: every stated one; findings: the contradictions, none is a PASS."""

    inventory: Inventory
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()


def merge(out_of_band: Inventory, in_band: Inventory) -> Merged:
    """Both inventories as one. They must be of one machine: that they are is the identity's finding."""
    facts, findings = _machine(out_of_band, in_band)
    for kind in KINDS:
        pairs, outside, inside = pair(outside_of(kind, out_of_band, in_band), kind.of(in_band), kind.keys)
        for one, other in [*pairs, *((p, None) for p in outside), *((None, p) for p in inside)]:
            more, found = _part(kind, out_of_band, in_band, one, other)
            facts += more
            findings += found
    findings += cross(out_of_band, in_band)
    return Merged(combined(out_of_band, in_band), tuple(facts), tuple(findings))


def _part(
    kind: Kind, out_of_band: Inventory, in_band: Inventory, outside: Any, inside: Any
) -> tuple[list[Fact], list[Finding]]:
    named = inside if inside is not None else outside
    # What identifies it to a person stands in the path; a part without any is told by the list alone.
    path = f"{kind.field}[{kind.place(named) or next((v for k in kind.keys if (v := k(named))), '')}]"
    sides = [(out_of_band, outside), (in_band, inside)]
    values = [(inventory, dict(leaves(part)) if part is not None else {}) for inventory, part in sides]
    parts = frus(named, outside if inside is not None else None)
    return _facts(kind.name, path, kind.label(named), values, parts)


def _machine(out_of_band: Inventory, in_band: Inventory) -> tuple[list[Fact], list[Finding]]:
    """The facts that belong to no listed part."""
    values = [(i, {n: v for n, v in own_leaves(i) if n not in _NO_FACTS}) for i in (out_of_band, in_band)]
    return _facts("machine", "", "", values)


def _facts(
    kind: str, path: str, part: str, values: list[tuple[Inventory, dict[str, Any]]], frus: tuple[Fru, ...] = ()
) -> tuple[list[Fact], list[Finding]]:
    facts, findings = [], []
    kind = "disk" if kind == RAID_DISK.name else kind
    for name in dict.fromkeys(n for _, stated in values for n in stated):
        full = f"{path}.{name}" if path else name
        readings = tuple(Reading(i.source, v[name], _source(i, full)) for i, v in values if name in v)
        rule = RULES.get((kind, name))  # None for what is not compared
        agree = rule.same(readings[0].value, readings[1].value) if rule and len(readings) == 2 else None
        facts.append(Fact(full, part, readings, agree))
        if rule and agree is False:
            findings.append(contradiction(f"{kind}.{name}", rule, part, readings, frus))
    return facts, findings


def _source(inventory: Inventory, path: str) -> str:
    """A BMC reads the disks behind a controller where it reads all disks."""
    if inventory.source == "out-of-band" and path.startswith(f"{RAID_DISK.field}["):
        path = path.replace(RAID_DISK.field, "disks", 1)
    return source_of(inventory, path)
