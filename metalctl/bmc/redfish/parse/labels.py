"""What the slots of a list are called: all by the property that names the filled ones. No I/O.

Several BMCs leave out of an empty slot the property that its neighbours are called by. Called by another one, it would
be a slot that nobody finds, and the in-band side's slot would have no partner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Names = Sequence[str]


def alike(stated: Sequence[Names]) -> list[str]:
    """One label a slot. stated: of each slot the texts of the same properties in the same order, best first."""
    best = next((i for i in range(len(stated[0]) if stated else 0) if any(names[i] for names in stated)), None)
    if best is None:
        return ["" for _ in stated]
    named = [names for names in stated if names[best]]
    return [names[best] or _found(names, named, best) for names in stated]


def _found(names: Names, named: Sequence[Names], best: int) -> str:
    """The text that says what the neighbours' label says; else one of its form; else the first that there is."""
    others = [(i, name) for i, name in enumerate(names) if name]
    forms = {_form(one[best]) for one in named}
    same = [name for i, name in others if _says_the_same(named, i, best)]
    # The last of the properties is what stands on the board; an id may be of that form by chance.
    alike = [name for _, name in reversed(others) if _form(name) in forms]
    return next(iter([*same, *alike, *(name for _, name in others)]), "")


def _says_the_same(named: Sequence[Names], i: int, best: int) -> bool:
    """Whether a property repeats the label, wherever both are stated."""
    both = [one for one in named if one[i]]
    return bool(both) and all(one[i] == one[best] for one in both)


def _form(label: str) -> str:
    """ "DIMM_A1" and "DIMM_B12" are of one form, "A1" and "7" of others."""
    return re.sub(r"[A-Za-z]", "a", re.sub(r"\d+", "9", label))


def apart(labels: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Labels that no two have: where several are called alike, and one has no name, their ids tell them."""
    stated = {label for label in labels if label}
    common = next(iter(stated)) if len(stated) == 1 and len(labels) > 2 else ""
    told = [label or common for label in labels]
    return [
        label if label and told.count(label) == 1 else f"{label} {one}".strip()
        for label, one in zip(told, ids, strict=True)
    ]
