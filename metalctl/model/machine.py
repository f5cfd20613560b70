"""What a machine is, part by part: what a certificate is issued over, and what a machine is held against later.

Only what belongs to the hardware itself and is read alike each time: kinds, places, serials, sizes, models. No times,
no temperatures, no kernel names, no firmware: two readings of one machine give one digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from metalctl.model.codec import encode
from metalctl.model.identity import usable_mac, usable_serial
from metalctl.model.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Part:
    """kind: "cpu", "dimm", "disk", "nic", "psu" or "system". key: what tells it from all others (a serial, a MAC), ""
    where it states none; place: its slot, "" where it states none; facts: what else it is, as text.
    """

    kind: str
    key: str
    place: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a person finds it."""
        return " ".join(word for word in (self.kind, self.place, self.key and f"serial {self.key}") if word)


@dataclass(frozen=True, slots=True)
class Difference:
    """what: "missing", "new" or "changed"; said: the sentence for a person."""

    what: str
    part: Part
    said: str


def parts(inventory: Inventory) -> tuple[Part, ...]:
    """Every part, in an order that depends on nothing but the parts."""
    return tuple(sorted(_parts(inventory), key=lambda p: (p.kind, p.place, p.key, sorted(p.facts.items()))))


def digest(found: Iterable[Part]) -> str:
    """SHA-256 (hex) of the parts as canonical JSON."""
    text = json.dumps(encode(tuple(found)), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: Iterable[Part], after: Iterable[Part], kinds: Iterable[str] = ()) -> tuple[Difference, ...]:
    """What is not as it was. kinds: compare these alone, where a side cannot read the others.

    A part is looked for by its key, or by its place where it states no key. Facts and places are compared where both
    sides state them.
    """
    wanted = set(kinds)
    old = [p for p in before if not wanted or p.kind in wanted]
    new = [p for p in after if not wanted or p.kind in wanted]
    pairs, gone, come = _paired(old, new)
    found = [Difference("missing", part, f"{part.label} is not there any more") for part in gone]
    found += [Difference("new", part, f"{part.label} was not there") for part in come]
    for one, other in pairs:
        found += [Difference("changed", other, f"{other.label}: {what}") for what in _changes(one, other)]
    return tuple(found)


def _paired(old: list[Part], new: list[Part]) -> tuple[list[tuple[Part, Part]], list[Part], list[Part]]:
    pairs: list[tuple[Part, Part]] = []
    left, rest = list(old), list(new)
    for same in (_same_key, _same_place):
        for one in list(left):
            other = next((p for p in rest if same(one, p)), None)
            if other is not None:
                pairs.append((one, other))
                left.remove(one)
                rest.remove(other)
    return pairs, left, rest


def _same_key(one: Part, other: Part) -> bool:
    return one.kind == other.kind and bool(one.key) and one.key == other.key


def _same_place(one: Part, other: Part) -> bool:
    """Two keys that differ in one place are two parts."""
    nameless = not (one.key and other.key)
    return nameless and one.kind == other.kind and one.place == other.place


def _changes(one: Part, other: Part) -> Iterator[str]:
    if one.place and other.place and one.place != other.place:
        yield f"it was in {one.place}"
    for name in sorted(one.facts.keys() & other.facts.keys()):
        if one.facts[name] != other.facts[name]:
            yield f"{name} {one.facts[name]} → {other.facts[name]}"


def _parts(inventory: Inventory) -> Iterator[Part]:
    who = inventory.identity
    facts = _stated(uuid=who.uuid, maker=who.manufacturer, model=who.product)
    yield Part("system", usable_serial(who.serial), "", facts)
    for package in inventory.cpu.packages:
        facts = _stated(model=package.model, cores=package.cores)
        yield Part("cpu", usable_serial(package.serial), package.socket, facts)
    if not inventory.cpu.packages and inventory.cpu.sockets:
        yield Part("cpu", "", "", _stated(model=inventory.cpu.model, sockets=inventory.cpu.sockets))
    for dimm in (d for d in inventory.memory.dimms if d.size):
        facts = _stated(size=dimm.size, part=dimm.part_number, type=dimm.type)
        yield Part("dimm", usable_serial(dimm.serial), dimm.slot, facts)
    yield from _cards(inventory)


def _cards(inventory: Inventory) -> Iterator[Part]:
    """Disks, ports and power supplies."""
    fixed = (d for d in (*inventory.disks, *inventory.raid_disks) if not d.removable and d.kind != "volume")
    for disk in fixed:
        yield Part("disk", disk.key, disk.slot or disk.by_path, _stated(size=disk.size, kind=disk.kind, wwn=disk.wwn))
    for nic in inventory.nics:
        yield Part("nic", usable_mac(nic.mac), nic.slot or nic.pci, _stated(model=nic.model))
    for supply in (s for s in inventory.power_supplies if s.present):
        facts = _stated(model=supply.model, capacity=supply.capacity)
        yield Part("psu", usable_serial(supply.serial), supply.slot, facts)


def _stated(**facts: object) -> dict[str, str]:
    """Those that say something."""
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}
