"""Whether the sources that the profile requires could be read: what nobody could read is UNKNOWN for what it covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metalctl.model.inventory import Inventory
from metalctl.model.watch import Need, Watch
from metalctl.node.counters.snapshot import Snapshot


def uncovered(watch: Watch, inventory: Inventory, before: Snapshot, after: Snapshot) -> Iterator[tuple[str, str]]:
    """(what the errors are of, why they could not be told), for each need that was not met all through the run."""
    for thing, need in watch.sources.items():
        if _there(thing, inventory) and (why := _unmet(thing, need, before.sources, after.sources)):
            yield thing, why


def _there(thing: str, inventory: Inventory) -> bool:
    """A machine without ports or without drives of its own has no errors of them."""
    fixed = (*(d for d in inventory.disks if not d.removable), *inventory.raid_disks)
    parts, fact = {"network": inventory.nics, "disks": fixed}, {"network": "nics"}.get(thing, thing)
    return bool(parts.get(thing, True)) or any(u.fact == fact for u in inventory.unreadable)


def _unmet(thing: str, need: Need, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    reasons = {s: _reason(before, s, thing) or _reason(after, s, thing) for s in (*need.any, *need.all)}
    missing = [f"{source}: {reasons[source]}" for source in need.all if reasons[source]]
    if need.any and all(reasons[source] for source in need.any):
        missing = [f"{source}: {reasons[source]}" for source in need.any] + missing
    return "; ".join(dict.fromkeys(missing))


def _reason(sources: Mapping[str, str], source: str, thing: str) -> str:
    """Why a source could not be read for this thing, "" when it could."""
    return sources.get(f"{source}:{thing}", sources.get(source, "it was not read"))
