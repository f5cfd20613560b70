"""The parts of an inventory as one table: where each kind is listed, what a part is known by, how a person calls it.

`pair` finds the same parts in two lists; `leaves` gives a part's stated facts by dotted name. Merge and diff are made
of these.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from metalctl.model.identity import usable_serial
from metalctl.model.inventory import Inventory

Key = Callable[[Any], str]
_NOTHING: tuple[object, ...] = (None, "", (), {})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of part. field: dotted path of its list; keys: what the same part has in common, best first; "" never
    matches, nor does a key that two parts of one list share. place: where it sits, to tell a swap; label: for people.
    """

    name: str
    field: str
    keys: tuple[Key, ...]
    label: Key
    place: Key = lambda part: ""

    def of(self, inventory: Inventory) -> tuple[Any, ...]:
        """The parts of this kind."""
        value: Any = inventory
        for step in self.field.split("."):
            value = getattr(value, step)
        return tuple(value)


def folded(text: str) -> str:
    """Letters and digits in lower case: what is left when two tools write the same name."""
    return "".join(c for c in text.lower() if c.isalnum())


def serial(part: Any) -> str:
    """A part's serial as a key; "" for one that means nothing, such as zeros alone."""
    return folded(usable_serial(part.serial)).lstrip("0")


def slot(part: Any) -> str:
    """A slot's name as a key: "DIMM.Socket.A1", "DIMM A1" and "A1" are one."""
    return _slot(part.slot)


def last_word_of_slot(part: Any) -> str:
    """The same of its last word alone: in-band names put the bank before the slot ("P0_Node0_Channel0 P1-DIMMA1")."""
    return _slot(part.slot.split()[-1]) if part.slot.split() else ""


def _slot(name: str) -> str:
    bare = re.sub(r"(?i)dimm|socket|slot", " ", name)
    return folded(bare) or folded(name)


def _wwn(disk: Any) -> str:
    return folded(disk.wwn).removeprefix("naa").removeprefix("eui").removeprefix("0x").removeprefix("x")


def _socket(package: Any) -> str:
    """The number in a socket's name; the kernel's own count ("package 0") is no socket's name."""
    numbers = re.findall(r"\d+", package.socket)
    return numbers[-1] if numbers and not package.socket.startswith("package") else ""


def _name(part: Any) -> str:
    return str(part.name)


def _image(firmware: Any) -> str:
    """What it is of, and which image it is where it does not run."""
    return f"{firmware.component} ({firmware.state})" if firmware.state else str(firmware.component)


KINDS: tuple[Kind, ...] = (
    Kind("package", "cpu.packages", (_socket, serial), lambda p: f"processor {p.socket}", _socket),
    Kind("dimm", "memory.dimms", (serial, slot, last_word_of_slot),
         lambda d: " ".join(w for w in ("DIMM", d.slot, d.serial and f"serial {d.serial}", d.part_number) if w), slot),
    Kind("disk", "disks", (serial, _wwn, lambda d: folded(d.slot), lambda d: d.by_path, lambda d: d.pci),
         lambda d: d.label,
         lambda d: d.slot or d.by_path or d.pci),
    Kind("nic", "nics", (lambda n: n.mac.lower(), lambda n: n.pci), lambda n: n.label, lambda n: n.pci or n.slot),
    Kind("bond", "bonds", (_name,), lambda b: f"bond {b.name}", _name),
    Kind("numa node", "numa", (lambda n: str(n.node),), lambda n: f"NUMA node {n.node}", lambda n: str(n.node)),
    Kind("controller", "controllers", (serial, lambda c: c.pci, _name),
         lambda c: " ".join(w for w in ("controller", c.name, c.model, c.pci) if w), lambda c: c.pci or c.name),
    Kind("volume", "volumes", (_name,), lambda v: f"volume {v.name}", _name),
    Kind("pcie device", "pcie", (lambda d: d.address, serial),
         lambda d: " ".join(w for w in (d.kind or "PCIe device", d.model, d.slot or d.address) if w),
         lambda d: d.address),
    Kind("power supply", "power_supplies", (serial, slot),
         lambda p: " ".join(w for w in ("power supply", p.slot, p.serial and f"serial {p.serial}") if w), slot),
    Kind("sensor", "sensors", (_name,), lambda s: f"sensor {s.name}", _name),
    Kind("raid disk", "raid_disks", (serial, _wwn, lambda d: folded(d.slot), _name), lambda d: d.label,
         lambda d: d.slot or d.name),
    Kind("firmware", "firmware", (_image,), lambda f: f"firmware of {_image(f)}", _image),
)  # fmt: skip


_BY_NAME = {kind.name: kind for kind in KINDS}
DIMM, DISK, RAID_DISK, NIC = (_BY_NAME[name] for name in ("dimm", "disk", "raid disk", "nic"))


def pair(
    left: Iterable[Any], right: Iterable[Any], keys: Iterable[Key]
) -> tuple[list[tuple[Any, Any]], list[Any], list[Any]]:
    """(pairs, left alone, right alone). Equal parts first, then by each key that is unique in what is left over."""
    lefts, rights = list(left), list(right)
    pairs: list[tuple[Any, Any]] = []
    for same in list(lefts):
        if same in rights:
            pairs.append((same, rights.pop(rights.index(same))))
            lefts.remove(same)
    for key in keys:
        here, there = _unique(lefts, key), _unique(rights, key)
        for value in [v for v in here if v in there]:
            pairs.append((here[value], there[value]))
            _drop(lefts, here[value])
            _drop(rights, there[value])
    return pairs, lefts, rights


def _unique(parts: list[Any], key: Key) -> dict[str, Any]:
    values = [(key(part), part) for part in parts]
    count = Counter(value for value, _ in values)
    return {value: part for value, part in values if value and count[value] == 1}


def _drop(parts: list[Any], part: Any) -> None:
    del parts[next(i for i, p in enumerate(parts) if p is part)]


def stated(value: object) -> bool:
    """Whether a fact says anything: None, "", empty collections and NaN do not; False and 0 do."""
    if isinstance(value, float) and value != value:  # NaN
        return False
    return not any(value is n or (type(value) is type(n) and value == n) for n in _NOTHING)


def leaves(part: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of every stated fact of a dataclass; those it holds are opened, tuples are not."""
    for field in dataclasses.fields(part):
        value, name = getattr(part, field.name), f"{above}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from leaves(value, f"{name}.")
        elif stated(value):
            yield name, value


def own_leaves(inventory: Inventory) -> Iterator[tuple[str, Any]]:
    """The same of the machine itself: what belongs to no listed part."""
    lists = {kind.field for kind in KINDS}
    return ((name, value) for name, value in leaves(inventory) if name not in lists)


@lru_cache(maxsize=4096)
def _dotted(path: str) -> str:
    """The same paths come again with every machine of a kind."""
    return re.sub(r"\[([^]]*)\]", r".\1", path)


def source_of(inventory: Inventory, path: str) -> str:
    """Where a fact was read: the side, and its source by the longest dotted path that holds for it."""
    path = _dotted(path) if "[" in path else path
    while path and inventory.sources:
        if where := inventory.sources.get(path):
            return f"{inventory.source} {where}"
        path = path.rpartition(".")[0]
    return inventory.source
