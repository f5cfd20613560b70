"""What is asked of each disk of a role beyond kind and size: link, endurance, power-loss protection, model, health.

A disk that falls short still serves its role where no better one is there: then it is named. A fact that a drive cannot
state (drive writes a day) is taken from the profile's `drives`, which says what the data sheets say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from metalctl.model.finding import Finding
from metalctl.model.health import FLASH
from metalctl.model.health import judged as judged_health
from metalctl.model.inventory import Disk, Inventory, PcieLink
from metalctl.model.match._frus import of_disk
from metalctl.model.match._verdicts import above_zero, judged, reason, source_of, told, written
from metalctl.model.profile import DiskRequirement, Drive, HealthLimits, Range
from metalctl.model.verdict import Verdict
from metalctl.model.words import fits

Drives = tuple[Drive, ...]
# good (None: not stated), what the disk has.
Look = tuple[bool | None, str]
_LIMITS = HealthLimits()


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing asked: its name in the profile, of which kinds, what is expected, how to look, what to do."""

    name: str
    kinds: tuple[str, ...]
    expected: str
    look: Callable[[Disk, Drives], Look]
    remedy: str


def findings(
    inventory: Inventory, need: DiskRequirement, disks: tuple[Disk, ...], drives: Drives, limits: HealthLimits = _LIMITS
) -> Iterator[Finding]:
    """For each thing asked: PASS for all disks together, else a FAIL a disk and one UNKNOWN for those not stated."""
    for aspect in asked(need, limits):
        concerned = [d for d in disks if d.kind in aspect.kinds]
        if concerned:
            yield from _of(inventory, need, aspect, [(d, *aspect.look(d, drives)) for d in concerned])
    if need.uniform and disks:
        yield from _uniform(inventory, need, disks)


def shortcomings(disk: Disk, aspects: tuple[Aspect, ...], drives: Drives) -> int:
    """How many of the things asked are known not to be so; it ranks disks."""
    return sum(disk.kind in a.kinds and a.look(disk, drives)[0] is False for a in aspects)


def _of(
    inventory: Inventory, need: DiskRequirement, aspect: Aspect, looks: list[tuple[Disk, bool | None, str]]
) -> Iterator[Finding]:
    name = f"disks.{need.role}.{aspect.name}"
    silent = [(disk, said) for disk, good, said in looks if good is None]
    for disk, good, got in looks:
        if good is False:
            remedy = f"{disk.label}: {aspect.remedy}"
            yield judged(inventory, name, False, aspect.expected, got, remedy, disk.label, frus=[of_disk(disk)])
    if silent:
        part = ", ".join(d.label for d, _ in silent)
        fact, first, doubt = _FACTS.get(aspect.name, aspect.name), *silent[0]
        said = doubt or reason(inventory, f"disks.{first.name}.{fact}") or reason(inventory, f"disks.{fact}")
        source = source_of(inventory, name)
        yield Finding(
            name, Verdict.UNKNOWN, aspect.expected, doubt or "not stated", part, source, _unsaid(aspect, first, said),
            frus=tuple(of_disk(d) for d, _ in silent),
        )  # fmt: skip
    elif all(good for _, good, _ in looks):
        got = ", ".join(sorted({got for _, _, got in looks}))
        yield judged(inventory, name, True, aspect.expected, got, "", ", ".join(d.label for d, _, _ in looks))


# Where the inventory keeps what is asked under another name.
_FACTS = {
    "healthy": "health",
    "wear": "health",
    "endurance": "endurance_dwpd",
    "models": "model",
    **dict.fromkeys(("full_link", "link_width", "link_speed"), "link"),
}


def _unsaid(aspect: Aspect, disk: Disk, said: str) -> str:
    noun = _FACTS.get(aspect.name, aspect.name).replace("endurance_dwpd", "endurance").replace("_", " ")
    why = f"{disk.label} does not state its {noun}" + (f" ({said})" if said else "")
    if aspect.name in ("endurance", "power_loss_protection"):
        model = disk.model or "its model"
        return f"{why}: look {model} up and add what its data sheet says to `drives` in the profile"
    return f"{why}; mend that and inspect again"


@lru_cache(maxsize=1024)
def asked(need: DiskRequirement, limits: HealthLimits = _LIMITS) -> tuple[Aspect, ...]:
    """What this role asks of each of its disks."""
    return tuple(_compile(need, limits))


def _compile(need: DiskRequirement, limits: HealthLimits) -> Iterator[Aspect]:
    every = need.kind
    if models := need.models:
        swap = "replace it by a model that the profile names"
        yield Aspect("models", every, " or ".join(models), lambda d, _: _model(d, models), swap)
    if need.healthy:
        swap = "it says itself that it is not in order, or counts errors: replace it; of a volume, the part named"
        yield Aspect("healthy", every, "ok", lambda d, _: judged_health(d.health, limits, d.kind), swap)
    if wear := need.wear:
        remedy = "it is worn: replace it by a newer one"
        yield Aspect("wear", FLASH, f"{written(wear)} of its rated life used", lambda d, _: _wear(d, wear), remedy)
    if endurance := need.endurance:
        remedy = "replace it by a drive of the endurance class that the profile asks for"
        expected = f"{written(endurance).removesuffix('DWPD').strip()} drive writes a day"
        yield Aspect("endurance", FLASH, expected, lambda d, known: _endurance(d, known, endurance), remedy)
    if need.power_loss_protection is not None:
        wanted, word = need.power_loss_protection, "yes" if need.power_loss_protection else "no"
        remedy = "replace it by a data-centre drive with power-loss protection: without, each fsync waits for the flash"
        yield Aspect("power_loss_protection", FLASH, word, lambda d, known: _protection(d, known, wanted), remedy)
    yield from _compile_link(need)


def _compile_link(need: DiskRequirement) -> Iterator[Aspect]:
    reseat = "reseat it and its cable or riser, and see whether its slot is set or wired to fewer lanes or less speed"
    if need.full_link:
        yield Aspect("full_link", ("nvme",), "as fast and wide as both ends can", lambda d, _: _full(d.link), reseat)
    if width := need.link_width:
        yield Aspect("link_width", ("nvme",), f"{written(width)} lanes",
                      lambda d, _: _bound(width, d.link.width if d.link else None, "lanes"), reseat)  # fmt: skip
    if speed := need.link_speed:
        yield Aspect("link_speed", ("nvme",), f"{written(speed)} GT/s",
                      lambda d, _: _bound(speed, d.link.speed if d.link else None, "GT/s"), reseat)  # fmt: skip


def _bound(bounds: Range, value: float | None, unit: str) -> Look:
    known = above_zero(value)
    return (None, "") if known is None else (bounds.holds(known), f"{known:g} {unit}")


def _full(link: PcieLink | None) -> Look:
    """False as soon as one of width and speed is known to be less than it could be; True only if both are known."""
    if link is None:
        return None, ""
    width, most_width, speed, most_speed = map(above_zero, (link.width, link.max_width, link.speed, link.max_speed))
    pairs = (width, most_width), (speed, most_speed)
    whole = [None if now is None or most is None else now >= most for now, most in pairs]
    got = f"x{width or '?'} of x{most_width or '?'}, {speed or '?'} of {most_speed or '?'} GT/s"
    return (False if False in whole else None if None in whole else True), got


def _model(disk: Disk, models: tuple[str, ...]) -> Look:
    return (fits(disk.model, models), disk.model) if disk.model else (None, "")


def _wear(disk: Disk, bounds: Range) -> Look:
    wear = told(disk.health.wear) if disk.health else None
    return (None, "") if wear is None else (bounds.holds(wear / 100), f"{wear:g} %")


def _endurance(disk: Disk, drives: Drives, bounds: Range) -> Look:
    value = above_zero(disk.endurance_dwpd)
    if value is None:
        sheets = (d.endurance for d in drives if disk.model and fits(disk.model, (d.model,)))
        value = next((e for e in sheets if e is not None), None)
    return _bound(bounds, value, "drive writes a day")


def _protection(disk: Disk, drives: Drives, wanted: bool) -> Look:
    value = disk.power_loss_protection
    if value is None:
        sheets = (d.power_loss_protection for d in drives if disk.model and fits(disk.model, (d.model,)))
        value = next((p for p in sheets if p is not None), None)
    return (None, "") if value is None else (value == wanted, "yes" if value else "no")


def _uniform(inventory: Inventory, need: DiskRequirement, disks: tuple[Disk, ...]) -> Iterator[Finding]:
    name, expected = f"disks.{need.role}.uniform", "one model and one firmware"
    silent = [d for d in disks if not d.model or not d.firmware]
    if silent:
        part = ", ".join(d.label for d in silent)
        remedy = f"{part}: model or firmware is not stated; mend that and inspect again"
        where, frus = source_of(inventory, "disks"), tuple(map(of_disk, silent))
        yield Finding(name, Verdict.UNKNOWN, expected, "not stated", part, where, remedy, frus=frus)
        return
    makes = Counter((d.model, d.firmware) for d in disks)
    common = max(sorted(makes), key=lambda make: makes[make])
    odd = [d for d in disks if (d.model, d.firmware) != common]
    got = ", ".join(f"{count} × {model} {firmware}" for (model, firmware), count in makes.most_common())
    part = ", ".join(d.label for d in odd)
    remedy = f"bring {part} to {' '.join(common)}, like the others"
    yield judged(inventory, name, not odd, expected, got, remedy, part, frus=map(of_disk, odd))
