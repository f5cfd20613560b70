"""Faults that a simulated BMC can have: one file a fault, found by its name.

`--fault busy-409=0.1` is `busy_409.py` here, with one class `Broken(Fault)`. The first line of its docstring is what
`--fault help` prints; files that begin with "_" are what several share. Which BMCs have a fault is drawn from the seed:
the same seed, the same BMCs, and exactly the share that was asked for.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

from metalctl.lab.fleet.faults.base import Fault, Subtree
from metalctl.lab.fleet.settings import FaultShare

if TYPE_CHECKING:
    from metalctl.lab.fleet.bmc import Bmc

__all__ = ["Fault", "Subtree", "attach", "chosen", "find", "names", "summaries"]


def names() -> tuple[str, ...]:
    """Every fault there is, as written after --fault."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if name != "base" and not name.startswith("_")))


def find(name: str) -> type[Fault]:
    """The fault of that name; `KeyError` where there is none."""
    if name not in names():
        raise KeyError(name)
    return cast(type[Fault], importlib.import_module(f"{__name__}.{name.replace('-', '_')}").Broken)


def summaries() -> dict[str, str]:
    """Name → what the fault does, in one line."""
    modules = {name: importlib.import_module(f"{__name__}.{name.replace('-', '_')}") for name in names()}
    return {name: (module.__doc__ or "").strip().partition("\n")[0] for name, module in modules.items()}


def chosen(share: FaultShare, count: int, seed: int) -> frozenset[int]:
    """Which of `count` BMCs have the fault: round(rate × count) of them."""
    drawn = sorted(range(count), key=lambda index: _draw(f"{seed}/{share.name}/{index}"))
    return frozenset(drawn[: round(share.rate * count)])


def attach(bmcs: list[Bmc]) -> None:
    """Gives each BMC its faults."""
    if not bmcs:
        return
    settings = bmcs[0].settings
    for share in settings.faults:
        kind = find(share.name)
        for index in sorted(chosen(share, len(bmcs), settings.seed)):
            bmcs[index].faults = (*bmcs[index].faults, kind(bmcs[index], share))


def _draw(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
