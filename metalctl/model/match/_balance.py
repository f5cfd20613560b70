"""Whether all modules are of one make, and as many at each socket.

Compared is what at least one module states (`expected` names it); a module that is silent where others speak leaves it
UNKNOWN, as does a machine of which nobody can tell at which socket its modules are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from metalctl.model import population
from metalctl.model.finding import Finding
from metalctl.model.inventory import Dimm, Inventory
from metalctl.model.match import _channels
from metalctl.model.match._asked import Asked, of
from metalctl.model.match._slots import empty, where_to_look
from metalctl.model.match._words import fixed, plural
from metalctl.model.profile import MemoryRequirement
from metalctl.model.units import format_size

Make = tuple[int, int, int]  # size, rank, configured speed; 0: not stated
_WORDS = ("size", "rank", "speed")
_ASK = "read the other side too (inspect it from inside and through its BMC), or count the modules at each processor"


def finding(inventory: Inventory, need: MemoryRequirement, fitted: list[Dimm]) -> Finding:
    """The finding `memory.balanced`."""
    makes = [_make(d) for d in fitted]
    common = _common(makes)
    asked = Asked(inventory, "memory.balanced", f"modules of one {_listed(common)}, evenly over the sockets",
                  "memory.dimms")  # fmt: skip
    odd = [d for d, make in zip(fitted, makes, strict=True) if _differs(make, common)]
    if odd:
        # Certain whatever else is there: those that were read are not alike.
        part, frus = of(odd)
        got = f"{plural(len(odd), 'module')} of {', '.join(sorted({_say(_make(d)) for d in odd}))}"
        return asked.judged(False, got, f"replace {part} by modules of {_say(common)}, like the others", part, frus)
    if not fitted or asked.why:
        return asked.unknown()
    lacks = {w for m in makes for w, own, usual in zip(_WORDS, m, common, strict=True) if usual and not own}
    if lacks:
        part, frus = of(d for d, make in zip(fitted, makes, strict=True) if make != common)
        words = " and ".join(word for word in _WORDS if word in lacks)
        said = f"{part}: the {words} is not stated, as the others state it"
        return asked.unsure("not stated", fixed(said), part, frus)
    return _spread(asked, need, f"{len(fitted)} × {_say(common)}")


def _spread(asked: Asked, need: MemoryRequirement, got: str) -> Finding:
    inventory = asked.inventory
    by_channel = need.channels and _channels.known(inventory)
    even, why = (True, "") if by_channel else population.even_sockets(inventory)
    if even is None:
        return replace(asked.unknown(fact="cpu.sockets"), remedy=f"{why}; {_ASK}")
    part, frus = empty(inventory)
    return asked.judged(even, got, f"{why}: {where_to_look(inventory)}", "" if even else part, frus)


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


def _say(make: Make) -> str:
    size, rank, speed = make
    words = [format_size(size), f"rank {rank}" if rank else "", f"{speed} MT/s" if speed else ""]
    return " ".join(w for w in words if w)
