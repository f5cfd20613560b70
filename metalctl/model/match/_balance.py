"""Whether all modules are of one make, and as many at each socket.

Compared is what at least one module states (`expected` names it); a module that is silent where others speak leaves it
UNKNOWN, as does a machine of which nobody can tell at which socket its modules are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match import _channels
from metalctl.model.match._frus import of_dimm
from metalctl.model.match._slots import empty, empty_frus, where_to_look
from metalctl.model.match._verdicts import judged, plural, reason, source_of, unknown
from metalctl.model.profile import MemoryRequirement
from metalctl.model.units import format_size
from metalctl.model.verdict import Verdict

NAME = "memory.balanced"
Make = tuple[int, int, int]  # size, rank, configured speed; 0: not stated
_WORDS = ("size", "rank", "speed")
_ASK = "read the other side too (inspect it from inside and through its BMC), or count the modules at each processor"


def findings(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Iterator[Finding]:
    """One finding where the profile asks for it."""
    if not need.balanced:
        return
    makes = [_make(d) for d in fitted]
    common = _common(makes)
    expected = f"modules of one {_listed(common)}, evenly over the sockets"
    if not fitted:
        yield unknown(inventory, NAME, expected, "memory.dimms")
        return
    odd = [d for d, make in zip(fitted, makes, strict=True) if _differs(make, common)]
    lacks = {i: [word for word in _WORDS if not _fact(m, word) and _fact(common, word)] for i, m in enumerate(makes)}
    silent = [d for i, d in enumerate(fitted) if lacks[i]]
    if odd:
        # Certain whatever else is there: those that were read are not alike.
        yield _odd(inventory, expected, odd, common)
    elif reason(inventory, "memory.dimms"):
        yield unknown(inventory, NAME, expected, "memory.dimms")
    elif silent:
        part = _slots(silent)
        words = " and ".join(word for word in _WORDS if any(word in lack for lack in lacks.values()))
        remedy = f"{part}: the {words} is not stated, as the others state it; mend that and inspect again"
        where, frus = source_of(inventory, "memory.dimms"), tuple(map(of_dimm, silent))
        yield Finding(NAME, Verdict.UNKNOWN, expected, "not stated", part, where, remedy, frus=frus)
    else:
        yield _spread(inventory, need, expected, fitted, common)


def _odd(inventory: Inventory, expected: str, odd: list[Dimm], common: Make) -> Finding:
    part = _slots(odd)
    remedy = f"replace {part} by modules of {_say(common)}, like the others"
    got = f"{plural(len(odd), 'module')} of {', '.join(sorted({_say(_make(d)) for d in odd}))}"
    return judged(inventory, NAME, False, expected, got, remedy, part, fact="memory.dimms", frus=map(of_dimm, odd))


def _spread(inventory: Inventory, need: MemoryRequirement, expected: str, fitted: list[Dimm], common: Make) -> Finding:
    by_channel = need.channels and _channels.known(inventory)
    even, why = (True, "") if by_channel else population.even_sockets(inventory)
    if even is None:
        return replace(unknown(inventory, NAME, expected, "cpu.sockets"), remedy=f"{why}; {_ASK}")
    got = f"{len(fitted)} × {_say(common)}"
    remedy = f"{why}: {where_to_look(inventory)}"
    part, frus = ("", []) if even else (empty(inventory), empty_frus(inventory))
    return judged(inventory, NAME, even, expected, got, remedy, part, fact="memory.dimms", frus=frus)


def _listed(common: Make) -> str:
    """What is compared: "size, rank and speed"."""
    *words, last = [word for word, value in zip(_WORDS, common, strict=True) if value] or _WORDS
    return f"{', '.join(words)} and {last}" if words else last


def _make(dimm: Dimm) -> Make:
    return dimm.size, dimm.rank or 0, dimm.configured_mts or 0


def _common(makes: list[Make]) -> Make:
    """The usual make, and what it does not state from the others."""
    if not makes:
        return 0, 0, 0
    usual = Counter(makes).most_common(1)[0][0]
    size, rank, speed = (value or max(m[i] for m in makes) for i, value in enumerate(usual))
    return size, rank, speed


def _differs(make: Make, common: Make) -> bool:
    return any(value and value != usual for value, usual in zip(make, common, strict=True))


def _fact(make: Make, word: str) -> int:
    return make[_WORDS.index(word)]


def _slots(dimms: list[Dimm]) -> str:
    return "DIMM " + ", ".join(d.slot or "?" for d in dimms)


def _say(make: Make) -> str:
    size, rank, speed = make
    words = [format_size(size), f"rank {rank}" if rank else "", f"{speed} MT/s" if speed else ""]
    return " ".join(w for w in words if w)
