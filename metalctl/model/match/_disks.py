"""Disks: which serves which role, and what is missing.

The root disk's role chooses first, then the others in the profile's order. A role prefers disks of which everything
that it asks is true (endurance, link…), then kinds in the order written; then the root disk takes the smallest that
fits, any other role the largest; serials break ties. Where one choice would leave a later role short, it is moved to
another disk that fits (a maximum matching): no machine fails for the order of its profile.

A disk with two paths is one. Each logical unit of a dual-actuator disk counts; namespaces of one NVMe drive count as
the one drive that they are (metalctl.model.drives).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from metalctl.model import places
from metalctl.model.behind import with_members
from metalctl.model.drives import drive, shared, told_apart
from metalctl.model.finding import Finding
from metalctl.model.identity import usable_serial
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.match import _quality
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._behind import behind, explained
from metalctl.model.match._lists import reason
from metalctl.model.match._matching import matching
from metalctl.model.match._words import plural, written
from metalctl.model.profile import DiskRequirement, Drive, HealthLimits
from metalctl.model.units import format_capacity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a profile asks of disks. root: the role that carries the system; drives: what data sheets say."""

    needs: tuple[DiskRequirement, ...]
    root: str
    drives: tuple[Drive, ...] = ()
    limits: HealthLimits = field(default_factory=HealthLimits)


def findings(inventory: Inventory, wanted: Wanted) -> Iterator[Finding]:
    """One finding for each role, and for each thing asked of its disks."""
    inventory = replace(inventory, disks=_known(inventory, wanted))
    roles = _assigned(inventory.disks, wanted)
    used = {id(disk) for disks in roles.values() for disk in disks}
    spare = [disk for disk in inventory.disks if id(disk) not in used]
    for need in wanted.needs:
        yield _role(inventory, need, roles[need.role], spare)
        yield from _quality.findings(inventory, need, roles[need.role], wanted.drives, wanted.limits)


def assign(inventory: Inventory, wanted: Wanted) -> dict[str, tuple[Disk, ...]]:
    """Role → disks; see the module's docstring for the rules."""
    return _assigned(_known(inventory, wanted), wanted)


def _known(inventory: Inventory, wanted: Wanted) -> tuple[Disk, ...]:
    """The disks, each once, volumes with the health of what is behind them."""
    return with_members(inventory, told_apart(inventory.disks), wanted.limits)


def _assigned(disks: tuple[Disk, ...], wanted: Wanted) -> dict[str, tuple[Disk, ...]]:
    order = sorted(wanted.needs, key=lambda need: need.role != wanted.root)
    doubled = shared(disks)
    wishes = {n.role: _wishes(n, disks, doubled, wanted) for n in order}
    taken = matching([(n.role, wishes[n.role]) for n in order for _ in range(min(_least(n), len(disks)))])
    for need in (n for n in order if n.role != wanted.root):
        room = len(disks) if need.count.high is None else int(need.count.high)
        for index in wishes[need.role]:
            if index not in taken and sum(role == need.role for role in taken.values()) < room:
                taken[index] = need.role
    return {n.role: tuple(disks[i] for i in wishes[n.role] if taken.get(i) == n.role) for n in wanted.needs}


def _least(need: DiskRequirement) -> int:
    return int(need.count.low or 0)


def _wishes(need: DiskRequirement, disks: tuple[Disk, ...], doubled: Mapping[str, str], wanted: Wanted) -> list[int]:
    """Indexes of the disks that fit, best first."""
    fit = [i for i, disk in enumerate(disks) if not _objection(disk, need, doubled)]
    if len(fit) < 2:
        return fit
    sign, aspects = 1 if need.role == wanted.root else -1, _quality.asked(need, wanted.limits)

    def rank(i: int) -> tuple[int, int, int, str]:
        disk = disks[i]
        wrong = _quality.shortcomings(disk, aspects, wanted.drives)
        return wrong, need.kind.index(disk.kind), sign * (disk.size or 0), disk.key

    return _drives_first(sorted(fit, key=rank), disks)


def _drives_first(fit: list[int], disks: tuple[Disk, ...]) -> list[int]:
    """The same with further namespaces of a drive last: they make no further drive."""
    first = {drive(disks[i]): i for i in reversed(fit)}
    return sorted(fit, key=lambda i: first[drive(disks[i])] != i)


def _objection(disk: Disk, need: DiskRequirement, doubled: Mapping[str, str]) -> str:
    """Why the disk cannot serve the role: "" when it can, "?…" when a fact is lacking, else the fact that is wrong."""
    if disk.removable:
        return "is removable"
    if disk.kind not in need.kind:
        return "?does not state its kind" if disk.kind in ("", "unknown") else "is of another kind"
    if disk.size is None:
        return "?does not state its size"
    if disk.size <= 0 or (need.size is not None and not need.size.holds(disk.size)):
        return f"has {format_capacity(disk.size)}"
    if not disk.serial or disk.key in doubled:
        return f"?shares its {doubled[disk.key]} with another disk" if disk.serial else "?states no serial"
    if not disk.wwn and not usable_serial(disk.serial):
        return f"?states the serial {disk.serial}, a placeholder of its firmware, and no world-wide name"
    return ""


def _role(inventory: Inventory, need: DiskRequirement, chosen: tuple[Disk, ...], spare: list[Disk]) -> Finding:
    asked, got = Asked(inventory, f"disks.{need.role}.count", _expected(need)), _got(chosen)
    missing = _least(need) - len(_drives(chosen))
    if missing > 0:
        return _short(asked, need, chosen, spare, missing)
    if left := _too_many(inventory, need, spare, chosen):
        remedy = f'{len(left)} more than the profile allows: take it out, or write count: ">= {_least(need)}"'
        return asked.judged(False, f"{got} and {len(left)} more", remedy, *of(left))
    return asked.judged(True, got, "", *of(chosen))


def _drives(disks: Iterable[Disk]) -> set[str]:
    return {drive(d) for d in disks}


def _too_many(inventory: Inventory, need: DiskRequirement, spare: list[Disk], chosen: tuple[Disk, ...]) -> list[Disk]:
    """What would serve as well and is not wanted: only a profile that says an exact number minds."""
    if need.count.high is None or need.count.low != need.count.high:
        return []
    doubled, counted = shared(inventory.disks), _drives(chosen)
    return [d for d in spare if drive(d) not in counted and not _objection(d, need, doubled)]


def _short(asked: Asked, need: DiskRequirement, chosen: tuple[Disk, ...], spare: list[Disk], missing: int) -> Finding:
    """Why disks are missing, the likeliest cause first: what could not be read, a RAID controller, an empty bay."""
    inventory, got, why = asked.inventory, _got(chosen), reason(asked.inventory, "disks")
    if not inventory.disks and (inventory.source != "in-band" or why):
        return asked.unknown(fact="disks")
    doubled = shared(inventory.disks)
    objections = [(disk, _objection(disk, need, doubled)) for disk in spare]
    unclear = [(disk, said[1:]) for disk, said in objections if said.startswith("?")]
    wrong = [(disk, said) for disk, said in objections if said.startswith("has ")]
    summary = f"{len(_drives(chosen))} of {_least(need)} {' or '.join(need.kind)}: {missing} missing"
    if len(unclear) >= missing or why:
        said = "; ".join(_unclear(inventory, disk, what) for disk, what in unclear) or why
        remedy = f"{summary}, but {said}: find out why, or replace that disk, and inspect again"
        return asked.unsure(got, remedy, *of(disk for disk, _ in unclear), fact="disks")
    if unseen := _unseen(inventory, need):
        remedy = f"{summary}, but {unseen}: boot the node and inspect it from inside"
        return asked.unsure(got, remedy, fact="disks")
    if wrong:
        return asked.judged(False, got, _wrong(summary, need, wrong), *of(disk for disk, _ in wrong))
    hidden = behind(inventory, need)
    if act := explained(inventory, hidden):
        fact = "raid_disks" if hidden else "disks"
        return asked.judged(False, got, f"{summary}, and {act}", *of(hidden), fact=fact)
    if empty := places.gaps(inventory.disks):
        remedy = f"{summary}; put a disk in or seat the one that is there, check its cable, and inspect again"
        return asked.judged(False, got, remedy, places.words(empty), places.frus(empty))
    return asked.judged(False, got, f"{summary}; seat or replace it, check its cable and controller, and inspect again")


def _unclear(inventory: Inventory, disk: Disk, what: str) -> str:
    said = reason(inventory, f"disks.{disk.name}.{what.rpartition(' ')[2]}")
    return f"{disk.label} {what}" + (f" ({said})" if said else "")


def _unseen(inventory: Inventory, need: DiskRequirement) -> str:
    """Why the BMC cannot tell of volumes, where some are asked for; "" where they are not, or it can."""
    if "volume" not in need.kind or inventory.source != "out-of-band":
        return ""
    shown = "a BMC does not show volumes as the system's disks" if inventory.volumes else ""
    return reason(inventory, "volumes") or shown


def _wrong(summary: str, need: DiskRequirement, wrong: list[tuple[Disk, str]]) -> str:
    size = written(need.size, format_capacity) if need.size else "another size"
    named = "; ".join(f"{disk.label} {why}, expected {size}" for disk, why in wrong[:4])
    return f"{summary}; {named}: replace by one of that size, or seat the missing one"


def _expected(need: DiskRequirement) -> str:
    size = f" of {written(need.size, format_capacity)}" if need.size else ""
    return f"{written(need.count)} × {' or '.join(need.kind)}{size}"


def _got(chosen: tuple[Disk, ...]) -> str:
    """ "2 × nvme 1 TiB, 1 × ssd 480 GB", and of how many drives where one drive is several disks."""
    counted = Counter([(disk.kind, format_capacity(disk.size or 0)) for disk in chosen])
    listed = ", ".join(f"{n} × {kind} {size}" for (kind, size), n in counted.items()) or "none"
    several = len({(d.serial, d.pci) for d in chosen})
    of = f" (namespaces or logical units of {plural(several, 'drive')})"
    return listed if several == len(chosen) else listed + of
