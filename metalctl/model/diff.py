"""What changed between two inventories of one machine: parts swapped, links narrower, firmware moved; and which checks
must run again. Pure.

Left out is what changes by itself (VOLATILE): kernel names, times, temperatures, hours of life; and memory errors that
are fewer than before, for they are counted from each boot. The kernel's count of
memory moves a little with every kernel (TOLERANCE). A part that could not be read the second time is not called
removed: it is "not readable" (`Change.what`), and that says nothing about the hardware.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metalctl.model.inventory import Inventory
from metalctl.model.parts import KINDS, Kind, leaves, own_leaves, pair
from metalctl.model.rerun import checks_for
from metalctl.model.units import format_rate, format_size

# Part kind → facts that change by themselves, with all that is below them.
VOLATILE: dict[str, frozenset[str]] = {
    "machine": frozenset({"source", "taken", "boot_id", "os", "kernel", "unreadable", "sources", "log", "power",
                          "manager.clock_offset", "cpu.kvm_reason"}),
    "disk": frozenset({"name", "by_id", "health.hours", "health.celsius", "health.written"}),
    "raid disk": frozenset({"name", "health.hours", "health.celsius", "health.written"}),
    "nic": frozenset({"name"}),
    "sensor": frozenset({"value"}),
    "power supply": frozenset({"input_volts"}),
    "controller": frozenset({"name"}),
}  # fmt: skip
TOLERANCE: dict[tuple[str, str], float] = {("machine", "memory.total"): 0.01, ("numa node", "memory"): 0.01}
# What belongs to one piece of hardware: after a swap it differs, and that is the swap.
_OF_A_PIECE = frozenset({"serial", "wwn", "mac"})
_SIZES = frozenset({"size", "total", "memory", "logical_block"})
_RATES = frozenset({"speed"})
# Numbers of which less and more have a name.
_LESS_OR_MORE = {
    **dict.fromkeys(("width", "max_width"), ("narrower", "wider")),
    **dict.fromkeys(("speed", "max_speed", "configured_mts", "max_mhz", "base_mhz"), ("slower", "faster")),
}
# Firmware that its part tells too is compared there.
_OF_PARTS = ("nic ", "nvme ", "ssd ", "hdd ", "unknown ", "controller ")


@dataclass(frozen=True, slots=True)
class Change:
    """what: "added", "removed", "swapped", "changed", or "not readable" (the second inventory could not read it).

    kind: the part's (metalctl.model.parts) or "machine"; part: for people, "" for the machine; fact: dotted, "" for the
    whole part; meaning: "narrower", "slower", "firmware moved", "failing"… where it has one; checks: to run again.
    """

    what: str
    kind: str
    part: str = ""
    fact: str = ""
    before: Any = None
    after: Any = None
    meaning: str = ""
    checks: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The change as a person reads it."""
        who = self.part or "the machine"
        if not self.fact:
            return f"{who} {self.what}" + (f" by {self.after}" if self.what == "swapped" else "")
        now = written(self.fact, self.after) if self.what != "not readable" else "not readable"
        meaning = f" ({self.meaning})" if self.meaning else ""
        return f"{who}: {self.fact} {written(self.fact, self.before)} → {now}{meaning}"


def diff(before: Inventory, after: Inventory) -> tuple[Change, ...]:
    """Every change, parts in the order of the inventory, the machine's own facts first. Compare like with like: two
    inventories of the same source."""
    found = list(_machine(before, after))
    for kind in KINDS:
        found += _parts(kind, before, after)
    return tuple(found)


def checks(changes: tuple[Change, ...]) -> tuple[str, ...]:
    """The checks that must run again after all of these, each once."""
    return tuple(dict.fromkeys(name for change in changes for name in change.checks))


def _machine(before: Inventory, after: Inventory) -> Iterator[Change]:
    yield from _facts("machine", "machine", "", dict(own_leaves(before)), dict(own_leaves(after)), after, "")


def _parts(kind: Kind, before: Inventory, after: Inventory) -> Iterator[Change]:
    lefts, rights = ([p for p in kind.of(i) if not _told_elsewhere(kind, p)] for i in (before, after))
    pairs, gone, new = pair(lefts, rights, kind.keys)
    for one, two in pairs:
        yield from _pair(kind, one, two, after)
    unread = after.unread(kind.field)
    for part in gone:
        yield _whole("not readable" if unread else "removed", kind, part)
    for part in new:
        yield _whole("added", kind, part)


def _pair(kind: Kind, one: Any, two: Any, after: Inventory) -> Iterator[Change]:
    """What became of one part, or of one slot."""
    if kind.name == "dimm" and bool(one.size) != bool(two.size):
        yield _whole("added" if two.size else "removed", kind, two if two.size else one)
        return
    swapped = _another(kind, one, two)
    if swapped:
        yield _whole("swapped", kind, one, two)
    was, is_now = ({n: v for n, v in leaves(p) if not (swapped and n in _OF_A_PIECE)} for p in (one, two))
    yield from _facts(kind.name, close(kind, two), kind.label(two), was, is_now, after, kind.field)


def _told_elsewhere(kind: Kind, part: Any) -> bool:
    return kind.name == "firmware" and part.component.startswith(_OF_PARTS)


def _another(kind: Kind, one: Any, two: Any) -> bool:
    """Whether a part that was found by its place is another piece of hardware."""
    known = "mac" if kind.name == "nic" else "serial"
    first, second = getattr(one, known, ""), getattr(two, known, "")
    return bool(first and second and first != second)


def _whole(what: str, kind: Kind, part: Any, other: Any = None) -> Change:
    rerun = () if what == "not readable" else checks_for(close(kind, part))
    if other is not None:
        rerun = tuple(dict.fromkeys((*rerun, *checks_for(close(kind, other)))))
    after = kind.label(other) if other is not None else None
    return Change(what, kind.name, kind.label(part), before=kind.label(part), after=after, checks=rerun)


def close(kind: Kind, part: Any) -> str:
    """The kind as the table of checks has it: "disk nvme", "firmware bios"."""
    if kind.name == "disk":
        return f"disk {part.kind}"
    return f"firmware {part.component}" if kind.name == "firmware" else kind.name


def _facts(
    kind: str, near: str, part: str, one: dict[str, Any], two: dict[str, Any], after: Inventory, path: str
) -> Iterator[Change]:
    for name in dict.fromkeys((*one, *two)):
        a, b = one.get(name), two.get(name)
        if _volatile(kind, name) or a == b or _within(kind, name, a, b) or _began_anew(kind, name, a, b):
            continue
        full = f"{path}.{name}" if path else name
        unread = name not in two and after.unread(full)
        rerun = () if unread else checks_for(near, name)
        what = "not readable" if unread else "changed"
        yield Change(what, kind, part, name, a, b, "" if unread else meaning(name, a, b), rerun)


def _volatile(kind: str, name: str) -> bool:
    return any(name == v or name.startswith(f"{v}.") for v in VOLATILE.get(kind, ()))


def _within(kind: str, name: str, a: Any, b: Any) -> bool:
    share = TOLERANCE.get((kind, name))
    return bool(share and a and b and abs(a - b) <= share * max(a, b))


def _began_anew(kind: str, name: str, a: Any, b: Any) -> bool:
    """Memory errors are counted from each boot: fewer than before is no change of the module."""
    counts = kind == "dimm" and name in ("corrected", "uncorrected")
    return counts and isinstance(a, int) and isinstance(b, int) and b < a


def meaning(name: str, before: Any, after: Any) -> str:
    """What a changed fact means, where it can be said from the two values alone."""
    last = name.rpartition(".")[2]
    if (
        isinstance(before, (int, float))
        and isinstance(after, (int, float))
        and before != after
        and last in _LESS_OR_MORE
    ):
        return _LESS_OR_MORE[last][after > before]
    if last in ("firmware", "microcode", "version"):
        return "firmware moved"
    if last in ("status", "health") and after in ("failing", "warning", "critical"):
        return "failing"
    if last in ("defects", "pending", "link_errors", "corrected", "uncorrected") and (after or 0) > (before or 0):
        return "failing"
    if last == "neighbour" or name.startswith("neighbour."):
        return "cabled elsewhere"
    return ""


def written(fact: str, value: Any) -> str:
    """A value of a fact as a person reads it."""
    last = fact.rpartition(".")[2]
    if value is None or value in ("", ()):
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (last in _SIZES or fact in _RATES):
        return format_size(value) if last in _SIZES else format_rate(value)
    if last in ("speed", "max_speed") and isinstance(value, float):
        return f"{value:g} GT/s"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"×{value}" if last in ("width", "max_width") else str(value)
