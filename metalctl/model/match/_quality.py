"""What is asked of each disk of a role beyond kind and size: link, endurance, power-loss protection, model, health.

A disk that falls short still serves its role where no better one is there: then it is named. A fact that a drive cannot
state (drive writes a day) is taken from the profile's `drives`, which says what the data sheets say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from metalctl.model.finding import Finding
from metalctl.model.health import FLASH
from metalctl.model.health import judged as judged_health
from metalctl.model.inventory import Disk, Inventory, PcieLink
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._lists import reason
from metalctl.model.match._words import above_zero, fixed, told, written
from metalctl.model.profile import DiskRequirement, Drive, HealthLimits, Range
from metalctl.model.words import fits

Drives = tuple[Drive, ...]
# good (None: not stated), what the disk has.
Look = tuple[bool | None, str]
_LIMITS = HealthLimits()


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing asked: its name in the profile, of which kinds, what is expected, how to look, what to do.

    fact: the field of a disk that states it, where that is called by another name.
    """

    name: str
    kinds: tuple[str, ...]
    expected: str
    look: Callable[[Disk, Drives], Look]
    remedy: str
    fact: str = ""


def findings(
    inventory: Inventory, need: DiskRequirement, disks: tuple[Disk, ...], drives: Drives, limits: HealthLimits = _LIMITS
) -> Iterator[Finding]:
    """For each thing asked: PASS for all disks together, else a FAIL a disk and one UNKNOWN for those not stated."""
    for aspect in asked(need, limits):
        concerned = [d for d in disks if d.kind in aspect.kinds]
        if concerned:
            one = Asked(inventory, f"disks.{need.role}.{aspect.name}", aspect.expected)
            yield from _of(one, aspect, [(d, *aspect.look(d, drives)) for d in concerned])
    if need.uniform and disks:
        yield _uniform(Asked(inventory, f"disks.{need.role}.uniform", "one model and one firmware"), disks)


def shortcomings(disk: Disk, aspects: tuple[Aspect, ...], drives: Drives) -> int:
    """How many of the things asked are known not to be so; it ranks disks."""
    return sum(disk.kind in a.kinds and a.look(disk, drives)[0] is False for a in aspects)


def _of(one: Asked, aspect: Aspect, looks: list[tuple[Disk, bool | None, str]]) -> Iterator[Finding]:
    for disk, good, got in looks:
        if good is False:
            yield one.judged(False, got, f"{disk.label}: {aspect.remedy}", *of([disk]))
    if silent := [(disk, said) for disk, good, said in looks if good is None]:
        first, doubt = silent[0]
        said = doubt or _reason(one.inventory, first, aspect.fact or aspect.name)
        yield one.unsure(doubt or "not stated", _unsaid(aspect, first, said), *of(d for d, _ in silent))
    elif all(good for _, good, _ in looks):
        yield one.judged(True, ", ".join(sorted({got for _, _, got in looks})), "", *of(d for d, _, _ in looks))


def _reason(inventory: Inventory, disk: Disk, fact: str) -> str:
    return reason(inventory, f"disks.{disk.name}.{fact}") or reason(inventory, f"disks.{fact}")


def _unsaid(aspect: Aspect, disk: Disk, said: str) -> str:
    noun = (aspect.fact or aspect.name).replace("endurance_dwpd", "endurance").replace("_", " ")
    why = f"{disk.label} does not state its {noun}" + (f" ({said})" if said else "")
    if aspect.name in ("endurance", "power_loss_protection"):
        model = disk.model or "its model"
        return f"{why}: look {model} up and add what its data sheet says to `drives` in the profile"
    return fixed(why)


@lru_cache(maxsize=1024)
def asked(need: DiskRequirement, limits: HealthLimits = _LIMITS) -> tuple[Aspect, ...]:
    """What this role asks of each of its disks."""
    return tuple(_compile(need, limits))


def _compile(need: DiskRequirement, limits: HealthLimits) -> Iterator[Aspect]:
    every = need.kind
    if models := need.models:
        swap = "replace it by a model that the profile names"
        yield Aspect("models", every, " or ".join(models), lambda d, _: _model(d, models), swap, "model")
    if need.healthy:
        swap = "it says itself that it is not in order, or counts errors: replace it; of a volume, the part named"
        yield Aspect("healthy", every, "ok", lambda d, _: judged_health(d.health, limits, d.kind), swap, "health")
    if wear := need.wear:
        swap, expected = "it is worn: replace it by a newer one", f"{written(wear)} of its rated life used"
        yield Aspect("wear", FLASH, expected, lambda d, _: _wear(d, wear), swap, "health")
    if endurance := need.endurance:
        swap = "replace it by a drive of the endurance class that the profile asks for"
        expected = f"{written(endurance).removesuffix('DWPD').strip()} drive writes a day"
        yield Aspect("endurance", FLASH, expected,
                      lambda d, known: _endurance(d, known, endurance), swap, "endurance_dwpd")  # fmt: skip
    if need.power_loss_protection is not None:
        wanted, word = need.power_loss_protection, "yes" if need.power_loss_protection else "no"
        swap = "replace it by a data-centre drive with power-loss protection: without, each fsync waits for the flash"
        yield Aspect("power_loss_protection", FLASH, word, lambda d, known: _protection(d, known, wanted), swap)
    yield from _compile_link(need)


def _compile_link(need: DiskRequirement) -> Iterator[Aspect]:
    reseat = "reseat it and its cable or riser, and see whether its slot is set or wired to fewer lanes or less speed"
    if need.full_link:
        whole = "as fast and wide as both ends can"
        yield Aspect("full_link", ("nvme",), whole, lambda d, _: _full(d.link), reseat, "link")
    for name, bounds, unit in (("width", need.link_width, "lanes"), ("speed", need.link_speed, "GT/s")):
        if bounds:
            look = partial(_link, name, bounds, unit)
            yield Aspect(f"link_{name}", ("nvme",), f"{written(bounds)} {unit}", look, reseat, "link")


def _link(name: str, bounds: Range, unit: str, disk: Disk, _: Drives) -> Look:
    return _bound(bounds, getattr(disk.link, name) if disk.link else None, unit)


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
    stated = (above_zero(disk.endurance_dwpd), *(d.endurance for d in _sheets(disk, drives)))
    return _bound(bounds, next((e for e in stated if e is not None), None), "drive writes a day")


def _protection(disk: Disk, drives: Drives, wanted: bool) -> Look:
    stated = (disk.power_loss_protection, *(d.power_loss_protection for d in _sheets(disk, drives)))
    value = next((p for p in stated if p is not None), None)
    return (None, "") if value is None else (value == wanted, "yes" if value else "no")


def _sheets(disk: Disk, drives: Drives) -> list[Drive]:
    """What the profile has from data sheets of the disk's model."""
    return [d for d in drives if disk.model and fits(disk.model, (d.model,))]


def _uniform(one: Asked, disks: tuple[Disk, ...]) -> Finding:
    if silent := [d for d in disks if not d.model or not d.firmware]:
        part, frus = of(silent)
        said = f"{part}: model or firmware is not stated"
        return one.unsure("not stated", fixed(said), part, frus, "disks")
    makes = Counter((d.model, d.firmware) for d in disks)
    common = max(sorted(makes), key=lambda make: makes[make])
    part, frus = of(d for d in disks if (d.model, d.firmware) != common)
    got = ", ".join(f"{count} × {model} {firmware}" for (model, firmware), count in makes.most_common())
    return one.judged(not part, got, f"bring {part} to {' '.join(common)}, like the others", part, frus)
