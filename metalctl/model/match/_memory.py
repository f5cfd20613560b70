"""Memory: what the modules add up to, and whether the kernel can use all of it.

`memory.total` holds the sum of the DIMMs to the profile; persistent, stacked (HBM) and CXL memory is told beside it and
not counted. `memory.usable` (in `_usable`) holds what the kernel counts to that sum.
"""

from __future__ import annotations

from collections.abc import Iterator

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match import _balance, _channels, _usable
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._lists import reason
from metalctl.model.match._slots import empty, where_to_look
from metalctl.model.match._usable import FIXED
from metalctl.model.match._words import fixed, not_all, plain, plural, written
from metalctl.model.profile import MemoryRequirement, Range
from metalctl.model.units import format_size

_SPECIAL = {"persistent": "persistent", "hbm": "stacked (HBM)", "cxl": "CXL"}
_MORE = "the machine has more memory than the profile allows: use another profile"
_SLOW = "set the memory speed to automatic or maximum performance in firmware setup, or fit faster modules"


def findings(inventory: Inventory, need: MemoryRequirement) -> Iterator[Finding]:
    """One finding for each thing asked of the memory."""
    fitted = list(inventory.memory.modules)
    if need.total is not None:
        yield _total(inventory, need.total, need.reserved)
        yield from _usable.findings(inventory, need.reserved)
    if need.dimms is not None:
        yield _count(inventory, need.dimms, fitted)
    if need.balanced:
        yield _balance.finding(inventory, need, fitted)
    if need.channels:
        yield _channels.finding(inventory)
    if need.speed is not None:
        yield _speed(inventory, need.speed, fitted)
    if need.ecc is not None:
        yield _ecc(inventory, need.ecc)


def _total(inventory: Inventory, wanted: Range, reserved: float) -> Finding:
    asked, listed = Asked(inventory, "memory.total", written(wanted, format_size)), inventory.memory.installed
    total, low = listed or inventory.memory.total, wanted.low or 0
    if total is None or (total <= 0 and not inventory.memory.dimms):
        return asked.unknown()
    # Without DIMMs only the kernel's count is known, which lacks the reservation.
    floor = low if listed else low * (1 - reserved) - min(FIXED, low / 64)
    over, short = wanted.high is not None and total > wanted.high, total < floor
    got = f"{format_size(total)} in {_modules(inventory)}" if listed else f"{format_size(total)} usable"
    if short:
        why = reason(inventory, "memory.dimms" if listed else asked.name)
    else:
        why = "" if over else _beside(inventory, listed, floor)
    if why:
        # Not all was read: what was read may not be all there is, or not be what was asked.
        return asked.unsure(not_all(got), fixed(why))
    missing = f"{format_size(low - total)} missing: {where_to_look(inventory)}"
    good, (part, frus) = not short and not over, empty(inventory)
    fact = "memory.dimms" if listed else ""
    return asked.judged(good, got, _MORE if over else missing, "" if good else part, frus, fact)


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
    if any(not (d.main or d.technology) for d in memory.modules):
        told.append("modules that cache other memory are not counted")
    return plural(len(memory.modules), "DIMM") + (f" ({'; '.join(told)})" if told else "")


def _count(inventory: Inventory, wanted: Range, fitted: list[Dimm]) -> Finding:
    asked, got = Asked(inventory, "memory.dimms", f"{written(wanted)} DIMMs"), plain(len(fitted))
    short = wanted.low is not None and len(fitted) < wanted.low
    if fitted and short and (why := asked.why):
        return asked.unsure(not_all(got), fixed(why))
    good = wanted.holds(len(fitted)) if fitted else None
    return asked.judged(good, got, where_to_look(inventory), *empty(inventory))


def _speed(inventory: Inventory, wanted: Range, fitted: list[Dimm]) -> Finding:
    """The speed at which the modules run, not the one printed on them."""
    asked = Asked(inventory, "memory.speed", f"{written(wanted)} MT/s", "memory.dimms.configured_mts")
    if not fitted or any(d.configured_mts is None for d in fitted):
        return asked.unknown()
    slow = [d for d in fitted if not wanted.holds(d.configured_mts or 0)]
    got = ", ".join(f"{speed} MT/s" for speed in sorted({d.configured_mts or 0 for d in slow or fitted}))
    return asked.judged(not slow, got, _SLOW, *of(slow))


def _ecc(inventory: Inventory, wanted: bool) -> Finding:
    words, stated = {True: "ECC", False: "no ECC", None: ""}, inventory.memory.ecc
    remedy = "fit ECC modules, or enable ECC in firmware setup" if wanted else "use another profile"
    asked = Asked(inventory, "memory.ecc", words[wanted])
    return asked.judged(None if stated is None else stated == wanted, words[stated], remedy)
