"""The event log (SEL): which log service it is says a pattern; cleared means that its old entries are gone."""

from __future__ import annotations

import re

from metalctl.bmc.errors import Missing, NotApplied, Unsupported
from metalctl.bmc.redfish.act import tasks
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, link, linked, text

SETTLES = 30.0
SAMPLE = 3


def clear(wire: Wire) -> tuple[int, int]:
    """Entries before and after. Nothing is sent when the log is empty. Raises NotApplied, Unsupported."""
    service = _service(wire)
    entries = link(service, "Entries")
    before = _count(wire, entries)
    if before == 0:
        return 0, 0
    sample = {path: _mark(wire.get(path)) for path in linked(wire.get(entries), "Members")[:SAMPLE]}
    tasks.settle(wire, wire.post(_clearing(service), dict(wire.quirks.clear_log_with)))

    def left() -> str:
        # The clearing itself may be logged at once: it is the old entries that must be gone, not every entry. Of a log
        # that counts its entries and lists none, the number is all there is to go by.
        return _still_there(wire, sample) if sample else entries if _count(wire, entries) >= before else ""

    if still := wire.clock.until(left, lambda path: not path, SETTLES, 2.0):
        told, hint = f"was to be cleared, and {still} is still there", "see whether the account may clear logs"
        raise NotApplied(f"{wire.name}: the event log {told}", hint=hint, wanted=0, got=_count(wire, entries))
    return before, _count(wire, entries)


def _service(wire: Wire) -> Resource:
    every = _services(wire)
    found = {text(one, "Id") or path: one for path, one in every if _clearing(one) and link(one, "Entries")}
    named = [service for name, service in found.items() if re.search(wire.quirks.log, name)]
    if chosen := named or (list(found.values()) if len(found) == 1 else []):
        return chosen[0]
    hint = f"its logs are: {', '.join(found) or 'none'}; try it over IPMI"
    raise Unsupported(f"{wire.name} has no event log that can be cleared over Redfish", hint=hint)


def _services(wire: Wire) -> list[tuple[str, Resource]]:
    """Every log service of the managers and the system, with its path."""
    lists = [link(wire.get(owner), "LogServices") for owner in [*wire.managers(), wire.system_path]]
    paths = [path for one in lists if one for path in linked(wire.get(one), "Members")]
    return [(path, wire.get(path)) for path in paths]


def _clearing(service: Resource) -> str:
    return text(child(service, "Actions", "#LogService.ClearLog"), "target")


def _count(wire: Wire, entries: str) -> int:
    collection = wire.get(entries)
    stated = collection.get("Members@odata.count")
    return stated if isinstance(stated, int) else len(collection.get("Members") or ())


def _still_there(wire: Wire, sample: dict[str, tuple[str, str]]) -> str:
    for path, mark in sample.items():
        try:
            if _mark(wire.get(path)) == mark:
                return path
        except Missing:
            continue
    return ""


def _mark(entry: Resource) -> tuple[str, str]:
    return text(entry, "Created", "EventTimestamp"), text(entry, "Message", "MessageId")
