"""What a profile asks and no machine can be: bounds that exclude each other, a variant that another one hides, two
cables in one switch port."""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.content.errors import Problem
from metalctl.content.profiles._where import where
from metalctl.content.yaml import Mapping, Node, Sequence, short
from metalctl.model.profile import Cable, Profile, Requires, Variant
from metalctl.model.words import words

_SIGNS = frozenset("*?[")


def nonsense(tree: Mapping, profile: Profile) -> Iterator[Problem]:
    """Every contradiction that the profile alone shows."""
    yield from _bounds(tree, profile)
    yield from _hidden(tree, profile)
    yield from _cables(tree, profile)


def _bounds(tree: Mapping, profile: Profile) -> Iterator[Problem]:
    needs = profile.requires
    counted = {
        "cpu.sockets": needs.cpu.sockets,
        "cpu.cores": needs.cpu.cores,
        "cpu.threads": needs.cpu.threads,
        "memory.total": needs.memory.total,
        "memory.dimms": needs.memory.dimms,
    }
    for name, bounds in counted.items():
        if bounds is not None and bounds.high == 0:
            yield _at(tree, name, f"{name}: no machine has none", "drop the line where nothing is asked")
    root = next((d for d in needs.disks if d.role == profile.install.root_disk), None)
    if root is not None and root.count.high == 0:
        name = f"disks.{root.role}.count"
        yield _at(tree, name, f"{name}: the system is installed on a disk of this role, and it asks for none", "")
    if clash := _threads(needs):
        yield _at(tree, "cpu.threads", f"cpu.threads: {clash}", "a core has one thread, or several with SMT")


def _threads(needs: Requires) -> str:
    cores, threads, smt = needs.cpu.cores, needs.cpu.threads, needs.cpu.smt
    if cores is None or threads is None:
        return ""
    if _below(threads.high, cores.low):
        return f"{short(threads.text)} is less than the cores ({short(cores.text)})"
    if smt is False and _below(cores.high, threads.low):
        return f"{short(threads.text)} is more than the cores ({short(cores.text)}), and SMT is asked to be off"
    return ""


def _below(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high < low


def _hidden(tree: Mapping, profile: Profile) -> Iterator[Problem]:
    """The first variant that fits counts: one whose words are among an earlier one's is never reached."""
    items = [item for item in _items(tree, "when") if isinstance(item, Mapping)]
    for index, (item, variant) in enumerate(zip(items, profile.variants, strict=False)):
        before = next((i for i, v in enumerate(profile.variants[:index]) if _all(v) <= _all(variant)), None)
        if before is not None and item.place.file == profile.file:
            message = (
                f"when[{index}]: never reached: when[{before}] (line {items[before].place.line}) fits all its machines"
            )
            yield Problem(item.place, message, "put the closer one first")


def _all(variant: Variant) -> frozenset[str]:
    return words(f"{variant.vendor} {variant.model}")


def _cables(tree: Mapping, profile: Profile) -> Iterator[Problem]:
    requires = tree.items.get("requires")
    items = [i for i in _items(requires, "cabling") if isinstance(i, Mapping)] if isinstance(requires, Mapping) else []
    ours: dict[tuple[str, str], int] = {}
    theirs: dict[tuple[str, str], int] = {}
    for item, cable in zip(items, profile.requires.cabling, strict=False):
        for seen, key, what in ((ours, _end(cable), "port"), (theirs, _far_end(cable), "switch port")):
            if key is not None and key in seen:
                message = f"cabling: {what} {short(' '.join(key).strip())} has a cable in line {seen[key]} already"
                yield Problem(item.place, message, "keep one of them")
            elif key is not None:
                seen[key] = item.place.line


def _end(cable: Cable) -> tuple[str, str]:
    return cable.port.lower(), "" if cable.machine == "*" else cable.machine.lower()


def _far_end(cable: Cable) -> tuple[str, str] | None:
    """The switch port, where exactly one is meant."""
    return None if _SIGNS & set(cable.switch + cable.switch_port) else (cable.switch.lower(), cable.switch_port.lower())


def _items(tree: Mapping, key: str) -> list[Node]:
    found = tree.items.get(key)
    return found.items if isinstance(found, Sequence) else []


def _at(tree: Mapping, name: str, message: str, hint: str) -> Problem:
    return Problem(where(tree, name) or tree.place, message, hint)
