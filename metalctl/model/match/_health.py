"""Parts whose own health is bad, by name: processors, memory modules, power supplies, RAID controllers and volumes.

A part that is there, counted and broken is no part that is missing: each is a FAIL of its own, whatever the counts say.
What is only switched off or not available is one where the machine runs; a BMC may say so of every part of a machine
that is off, and then nobody can tell. Drives are judged by `healthy` (metalctl.model.health), and so are controllers
and volumes where they are seen from inside.

What the BMC says of the machine itself (critical, or a condition that it names) is a FAIL where no part explains it. A
warning of the machine, or of the roll-up alone, with all parts in order is UNKNOWN: it may be about something outside,
such as a supply of the enclosure, or about an old event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from metalctl.model.finding import Finding
from metalctl.model.frus import fru, frus
from metalctl.model.inventory import Controller, Inventory
from metalctl.model.match._asked import Asked
from metalctl.model.profile import CpuRequirement, MemoryRequirement, PowerRequirement, Requires
from metalctl.model.verdict import Verdict

BROKEN = ("warning", "critical", "failed", "faulty")
OUT_OF_USE = ("disabled", "not available")
_NO_PART = "the BMC says so of the machine, and of none of its parts"
_LOOK = "read its event log (metalctl inspect NODE --out-of-band), repair what it names or clear it, and inspect again"
_SWAP = "reseat it, read the BMC's event log, and replace it if it stays so"
_CLEAR = f"{_SWAP}; if it was only switched off, switch it on in firmware setup"


def machine(inventory: Inventory, needs: Requires, found: Iterable[Finding]) -> Iterator[Finding]:
    """What the BMC says of the machine as a whole. found: the findings so far, one of which may explain it."""
    if inventory.source != "out-of-band" or needs == Requires():
        return
    said = [word for word in (inventory.health, inventory.rollup) if word in BROKEN]
    certain = bool(inventory.faults) or inventory.health == "critical"
    explained = any(f.verdict is Verdict.FAIL and _is_of_a_part(f, missing=not certain) for f in found)
    if not inventory.faults and (explained or not said):
        return
    got, remedy = "; ".join(inventory.faults) or said[0], _LOOK if inventory.faults else f"{_NO_PART}; {_LOOK}"
    asked = Asked(inventory, "machine.health", "in order", "identity")
    yield asked.judged(False, got, remedy) if certain else asked.unsure(got, remedy)


def _is_of_a_part(finding: Finding, missing: bool) -> bool:
    """Whether it is about a part that is not in order. missing: or about one that is not there, or not as it should."""
    name = finding.requirement
    sick = name.endswith((".health", ".healthy")) or name == "power.supplies"
    return sick or (missing and name.startswith(("cpu.", "memory.", "disks.", "power.", "network.")))


def findings(inventory: Inventory, needs: Requires, others: Iterable[Finding]) -> Iterator[Finding]:
    """One FAIL a part. others: the findings so far; a supply that one of them fails by name is not failed again."""
    if needs.cpu != CpuRequirement():
        yield from _each(inventory, "cpu", inventory.cpu.packages, lambda p: f"CPU {p.socket}")
    if needs.memory != MemoryRequirement():
        fitted = [d for d in inventory.memory.dimms if d.size]
        yield from _each(inventory, "memory", fitted, lambda d: f"DIMM {d.slot}")
    if needs.power != PowerRequirement():
        told = {one for f in others if f.requirement == "power.supplies" for one in f.frus}
        left = [s for s in inventory.power_supplies if s.present is not False and fru(s) not in told]
        yield from _each(inventory, "power", left, lambda s: f"PSU {s.slot}")
    if inventory.source == "out-of-band" and any(need.healthy for need in needs.disks):
        cards = [one for one in inventory.controllers if _carries(inventory, one)]
        yield from _each(inventory, "controllers", cards, lambda c: f"controller {c.name}")
        yield from _each(inventory, "volumes", inventory.volumes, lambda v: f"volume {v.name}")


def bad(inventory: Inventory, health: str) -> bool:
    """Whether a part that says so is known not to be in order."""
    return health in BROKEN or (health in OUT_OF_USE and inventory.power == "on")


def _carries(inventory: Inventory, card: Controller) -> bool:
    """Whether anything hangs on it: the battery of a card that nobody uses is nobody's loss."""
    users = {one.controller for one in inventory.disks} | {one.controller for one in inventory.volumes}
    return bool(users & {card.name, card.pci} - {""})


def _each(inventory: Inventory, what: str, parts: Iterable[Any], label: Callable[[Any], str]) -> Iterator[Finding]:
    asked = Asked(inventory, f"{what}.health", "in order")
    for part in parts:
        faults = getattr(part, "faults", ())
        if bad(inventory, part.health) or faults:
            remedy = f"{label(part)}: {_CLEAR if part.health in OUT_OF_USE else _SWAP}"
            yield asked.judged(False, "; ".join(faults) or part.health, remedy, label(part), frus(part))
