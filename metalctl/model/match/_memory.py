"""Memory: what the modules add up to, and whether the kernel can use all of it.

`memory.total` holds the sum of the DIMMs to the profile. `memory.usable` holds what the kernel counts to that sum, less
what it cannot count: the profile's `reserved` (the page structures alone are 1/64) and 1 GiB for firmware, kernel and
crash kernel, which does not grow with the machine; but beyond the page structures never more than half the smallest
module. So a module that the firmware mapped out is caught in a machine of any size, although it is still listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match import _balance, _channels
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._slots import empty, empty_frus, where_to_look
from metalctl.model.match._verdicts import judged, mend, not_all, plain, plural, reason, unknown, written
from metalctl.model.profile import MemoryRequirement
from metalctl.model.units import format_size

FIXED = 2**30


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding for each thing asked of the memory."""
    fitted = [dimm for dimm in inventory.memory.dimms if dimm.size > 0]
    yield from _total(inventory, need, fitted)
    yield from _usable(inventory, need, fitted)
    yield from _count(inventory, need, fitted)
    yield from _balance.findings(inventory, need, fitted)
    yield from _channels.findings(inventory, need)
    yield from _speed(inventory, need, fitted)
    yield from _ecc(inventory, need)


def _total(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Iterator[Finding]:
    if need.total is None:
        return
    expected, name = written(need.total, format_size), "memory.total"
    total = sum(d.size for d in fitted) if fitted else inventory.memory.total
    if total is None or (total <= 0 and not inventory.memory.dimms):
        yield unknown(inventory, name, expected, name)
        return
    # Without DIMMs only the kernel's count is known, which lacks the reservation.
    low = need.total.low or 0
    floor = low if fitted else low * (1 - need.reserved) - min(FIXED, low / 64)
    good = total >= floor and (need.total.high is None or total <= need.total.high)
    if need.total.high is not None and total > need.total.high:
        remedy = "the machine has more memory than the profile allows: use another profile"
    else:
        remedy = f"{format_size((need.total.low or 0) - total)} missing: {where_to_look(inventory)}"
    got = f"{format_size(total)} in {plural(len(fitted), 'DIMM')}" if fitted else f"{format_size(total)} usable"
    short = total < floor
    if short and (why := reason(inventory, "memory.dimms" if fitted else name)):
        yield _unsure(inventory, name, expected, got, why)
        return
    fact = "memory.dimms" if fitted else name
    part, frus = ("", []) if good else (empty(inventory), empty_frus(inventory))
    yield judged(inventory, name, good, expected, got, remedy, part, fact=fact, frus=frus)


def _unsure(inventory: Inventory, name: str, expected: str, got: str, why: str) -> Finding:
    """Not all was read: what was read is too little, but it may not be all there is."""
    return replace(unknown(inventory, name, expected, name), got=not_all(got), remedy=mend(why))


def _usable(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Iterator[Finding]:
    """Whether the kernel sees what is fitted; asked only where both sides are known."""
    if need.total is None or not fitted or inventory.memory.total is None:
        return
    fitted_size, seen = sum(d.size for d in fitted), inventory.memory.total
    smallest = min(d.size for d in fitted)
    floor = fitted_size - min(fitted_size * need.reserved + FIXED, fitted_size / 64 + smallest / 2)
    lost = fitted_size - seen
    expected = f"≥ {format_size(floor)} of {format_size(fitted_size)}"
    if seen >= floor:
        yield judged(inventory, "memory.usable", True, expected, format_size(seen), "", fact="memory.total")
        return
    suspects = _near(fitted, lost)
    part = f"DIMM {', '.join(suspects)}" if suspects else ""
    remedy = (
        f"{format_size(lost)} of the fitted memory is not usable: a module is mapped out"
        + (f", one of {', '.join(suspects[:8])}" if suspects else "")
        + "; read the firmware's memory log, then reseat or replace the module it names"
    )
    frus = [of_dimm(d) for d in fitted if d.slot in suspects] if part else []
    yield judged(
        inventory, "memory.usable", False, expected, format_size(seen), remedy, part,
        fact="memory.total", frus=frus,
    )  # fmt: skip


def _near(fitted: list[Dimm], lost: int) -> list[str]:
    """Slots of the modules whose size would explain the loss (with the page structures that went with it)."""
    reserve = sum(d.size for d in fitted) / 64
    return [d.slot for d in fitted if d.slot and d.size <= lost <= d.size * 1.1 + reserve * 2]


def _count(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Iterator[Finding]:
    if need.dimms is None:
        return
    name, expected = "memory.dimms", plain_modules(written(need.dimms))
    if not fitted:
        yield unknown(inventory, name, expected, name)
        return
    good, got = need.dimms.holds(len(fitted)), plain(len(fitted))
    short = need.dimms.low is not None and len(fitted) < need.dimms.low
    if short and (why := reason(inventory, name)):
        yield _unsure(inventory, name, expected, got, why)
        return
    remedy = where_to_look(inventory)
    yield judged(inventory, name, good, expected, got, remedy, empty(inventory), frus=empty_frus(inventory))


def plain_modules(text: str) -> str:
    """ "≥ 16 DIMMs"."""
    return f"{text} DIMMs"


def _speed(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Iterator[Finding]:
    """The speed at which the modules run, not the one printed on them."""
    if need.speed is None:
        return
    name, expected = "memory.speed", f"{written(need.speed)} MT/s"
    stated = [d for d in fitted if d.configured_mts is not None]
    if not stated or len(stated) < len(fitted):
        yield unknown(inventory, name, expected, "memory.dimms.configured_mts")
        return
    slow = [d for d in stated if not need.speed.holds(d.configured_mts or 0)]
    got = ", ".join(f"{speed} MT/s" for speed in sorted({d.configured_mts or 0 for d in slow or stated}))
    remedy = "set the memory speed to automatic or maximum performance in firmware setup, or fit faster modules"
    part = f"DIMM {', '.join(d.slot or '?' for d in slow)}" if slow else ""
    yield judged(inventory, name, not slow, expected, got, remedy, part, fact="memory.dimms", frus=map(of_dimm, slow))


def _ecc(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    if need.ecc is None:
        return
    expected, ecc = "ECC" if need.ecc else "no ECC", inventory.memory.ecc
    if ecc is None:
        yield unknown(inventory, "memory.ecc", expected, "memory.ecc")
        return
    remedy = "fit ECC modules, or enable ECC in firmware setup" if need.ecc else "use another profile"
    yield judged(inventory, "memory.ecc", ecc == need.ecc, expected, "ECC" if ecc else "no ECC", remedy)
