"""Memory errors as the memory controller drivers count them: the source "edac"."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from metalctl.model.frus import fru
from metalctl.model.inventory import Dimm
from metalctl.model.units import format_size
from metalctl.node import edac
from metalctl.node.counters.files import counted
from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.inspect.host import LocalHost

_FACTS = {"ce": "corrected", "ue": "uncorrected"}
_KINDS = {sort: f"memory-{fact}" for sort, fact in _FACTS.items()}
# A driver that counts for much less memory than is fitted counts for one socket alone. Drivers are known to misjudge
# the size of single modules, so it is not held to the byte.
_SHARE = 0.75


def memory(root: Path, dimms: Iterable[Dimm] = ()) -> Snapshot:
    """Corrected and uncorrected memory errors: by DIMM where the driver's label names its slot, else by the driver's
    word; a controller's own sums where it does not count by module, and what it could give to no module."""
    host = LocalHost(root)
    controllers = edac.controllers(host.names)
    if not controllers:
        why = "no memory controller driver is loaded"
        return Snapshot(unreadable={"edac": why}, sources={"edac": why})
    found, known, silent = Snapshot(), list(dimms), list[str]()
    for controller in controllers:
        modules = edac.modules(host.names, host.text, controller)
        found += _by_module(modules, known)
        found += _of_controller(host, root, controller, modules)
        silent += [
            f"the driver of {controller} counts no {what} errors" for what in _uncounted(host, controller, modules)
        ]
    broken = [f"{what}: {why}" for what, why in found.unreadable.items()]
    return found + Snapshot(sources={"edac": "; ".join(broken or silent) or _why_not(host, controllers, known)})


def _uncounted(host: LocalHost, controller: str, modules: list[edac.Module]) -> list[str]:
    """Which errors a controller does not count as a whole, nor for each of its modules.

    What it could give to no module (noinfo) is a part of them only.
    """
    whole = {fact: host.number(f"{edac.ROOT}/{controller}/{sort}_count") for sort, fact in _FACTS.items()}
    return [f for f, count in whole.items() if count is None and edac.total(_all(modules, f)) is None]


def _of_controller(host: LocalHost, root: Path, controller: str, modules: list[edac.Module]) -> Snapshot:
    """What the controller counts beside its modules: all of it, or what it gave to none of them.

    Where an error's place is known in part (the channel, not the module), some kernels count it in the sum alone.
    """
    found, base = Snapshot(), f"{edac.ROOT}/{controller}"
    for sort, fact in _FACTS.items():
        known = [c for c in _all(modules, fact) if c is not None]
        name = f"{sort}_noinfo_count" if known else f"{sort}_count"
        counter = Counter(f"memory controller {controller}", name, kind=_KINDS[sort])
        found += counted(root / base.lstrip("/") / name, counter)
        if known and (every := host.number(f"{base}/{sort}_count")) is not None:
            found += Snapshot({counter: max(every - sum(known), found.values.get(counter, 0))})
    return found


def _why_not(host: LocalHost, controllers: list[str], dimms: list[Dimm]) -> str:
    """Why the driver does not speak for all of the memory, "" when it does."""
    sizes = [host.number(f"{edac.ROOT}/{c}/size_mb") for c in controllers]
    fitted = sum(d.size for d in dimms if not d.technology)
    counted_for = sum(size or 0 for size in sizes) * 2**20
    if fitted and all(sizes) and counted_for < fitted * _SHARE:
        return f"the driver counts for {format_size(counted_for)} of the {format_size(fitted)} that are fitted"
    return ""


def _all(modules: Iterable[edac.Module], fact: str) -> list[int | None]:
    return [getattr(m, fact) for m in modules]


def _by_module(modules: list[edac.Module], dimms: list[Dimm]) -> Snapshot:
    joined, unnamed = edac.by_dimm(modules, dimms)
    fitted = {d.slot: d for d in dimms if d.size}
    groups = {str(fru(fitted[slot])): of_one for slot, of_one in joined.items()}
    for module in unnamed:
        groups.setdefault(f"dimm {module.label or module.place}", []).append(module)
    values = {}
    for part, of_one in groups.items():
        for sort, fact in _FACTS.items():
            if (count := edac.total(_all(of_one, fact))) is not None:
                values[Counter(part, f"dimm_{sort}_count", kind=_KINDS[sort])] = count
    broken = {f"{m.name} {name}": "it holds no number" for m in modules for name in m.unreadable}
    return Snapshot(values, broken)
