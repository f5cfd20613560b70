"""Memory: what the modules add up to, and whether the kernel can use all of it.

`memory.total` holds the sum of the DIMMs to the profile; persistent, stacked (HBM) and CXL memory is told beside it and
not counted. `memory.usable` (in `_usable`) holds what the kernel counts to that sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match import _balance, _channels, _usable
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._slots import empty, empty_frus, where_to_look
from metalctl.model.match._usable import FIXED
from metalctl.model.match._verdicts import judged, mend, not_all, plain, plural, reason, unknown, written
from metalctl.model.profile import MemoryRequirement
from metalctl.model.units import format_size

_SPECIAL = {"persistent": "persistent", "hbm": "stacked (HBM)", "cxl": "CXL"}


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding for each thing asked of the memory."""
    fitted = list(inventory.memory.modules)
    yield from _total(inventory, need)
    yield from _usable.findings(inventory, need)
    yield from _count(inventory, need, fitted)
    yield from _balance.findings(inventory, need, fitted)
    yield from _channels.findings(inventory, need)
    yield from _speed(inventory, need, fitted)
    yield from _ecc(inventory, need)


def _total(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    if need.total is None:
        return
    expected, name = written(need.total, format_size), "memory.total"
    listed = inventory.memory.installed
    total = listed or inventory.memory.total
    if total is None or (total <= 0 and not inventory.memory.dimms):
        yield unknown(inventory, name, expected, name)
        return
    # Without DIMMs only the kernel's count is known, which lacks the reservation.
    low = need.total.low or 0
    floor = low if listed else low * (1 - need.reserved) - min(FIXED, low / 64)
    good = total >= floor and (need.total.high is None or total <= need.total.high)
    if need.total.high is not None and total > need.total.high:
        remedy = "the machine has more memory than the profile allows: use another profile"
    else:
        remedy = f"{format_size((need.total.low or 0) - total)} missing: {where_to_look(inventory)}"
    got = f"{format_size(total)} in {_modules(inventory)}" if listed else f"{format_size(total)} usable"
    why = _beside(inventory, listed, floor) if good else ""
    if total < floor:
        why = reason(inventory, "memory.dimms" if listed else name)
    if why:
        yield _unsure(inventory, name, expected, got, why)
        return
    fact = "memory.dimms" if listed else name
    part, frus = ("", []) if good else (empty(inventory), empty_frus(inventory))
    yield judged(inventory, name, good, expected, got, remedy, part, fact=fact, frus=frus)


def _beside(inventory: Inventory, listed: int, floor: float) -> str:
    """Why the kernel's count alone, though it is enough, does not show that there is so much ordinary memory."""
    apart = 0 if listed else population.apart(inventory)
    enough = not apart or (inventory.memory.total or 0) - apart >= floor
    return "" if enough else f"{format_size(apart)} lie in NUMA nodes without processors (CXL or HBM memory?)"


def _modules(inventory: Inventory) -> str:
    """ "16 DIMMs", and what is beside them: "(1 TiB of CXL memory is not counted)"."""
    memory = inventory.memory
    left = [d for d in memory.special if d not in memory.modules]
    apart = {word: sum(d.size - d.main for d in left if d.technology == t) for t, word in _SPECIAL.items()}
    told = [f"{format_size(size)} of {word} memory is not counted" for word, size in apart.items() if size]
    told += (
        ["modules that cache other memory are not counted"]
        if any(not (d.main or d.technology) for d in memory.modules)
        else []
    )
    return plural(len(memory.modules), "DIMM") + (f" ({'; '.join(told)})" if told else "")


def _unsure(inventory: Inventory, name: str, expected: str, got: str, why: str) -> Finding:
    """Not all was read: what was read may not be all there is, or not be what was asked."""
    return replace(unknown(inventory, name, expected, name), got=not_all(got), remedy=mend(why))


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
