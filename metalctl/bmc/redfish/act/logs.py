"""The event log (SEL): which log service it is says a pattern; cleared means that its old entries are gone."""

from __future__ import annotations

import re

from metalctl.bmc.errors import Missing, NotApplied, Unsupported
from metalctl.bmc.redfish.act import tasks
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.parse.systems import member_paths
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, link, text

SETTLES = 30.0
SAMPLE = 3


def clear(wire: Wire) -> tuple[int, int]:
    """Entries before and after. Nothing is sent when the log is empty. Raises NotApplied, Unsupported."""
    service = _service(wire)
    entries = link(service, "Entries")
    before = _count(wire, entries)
    if before == 0:
        return 0, 0
    sample = _sample(wire, entries)
    target = text(child(service, "Actions", "#LogService.ClearLog"), "target")
    tasks.settle(wire, wire.post(target, dict(wire.quirks.clear_log_with)))
    deadline = wire.clock.now() + SETTLES
    # The clearing itself may be logged at once: it is the old entries that must be gone, not every entry.
    while left := _still_there(wire, sample) if sample else _as_many(wire, entries, before):
        if wire.clock.now() >= deadline:
            raise NotApplied(
                f"{wire.name}: the event log was to be cleared, and {left} is still there",
                hint="see whether the account may clear logs",
                bmc=wire.name,
                wanted=0,
                got=_count(wire, entries),
            )
        wire.clock.sleep(2.0)
    return before, _count(wire, entries)


def _service(wire: Wire) -> Resource:
    found = {}
    for owner in [*wire.managers(), wire.system_path]:
        collection = link(wire.get(owner), "LogServices")
        for path in member_paths(wire.get(collection)) if collection else []:
            service = wire.get(path)
            if text(child(service, "Actions", "#LogService.ClearLog"), "target") and link(service, "Entries"):
                found[text(service, "Id") or path] = service
    named = [service for name, service in found.items() if re.search(wire.quirks.log, name)]
    if chosen := named or (list(found.values()) if len(found) == 1 else []):
        return chosen[0]
    raise Unsupported(
        f"{wire.name} has no event log that can be cleared over Redfish",
        hint=f"its logs are: {', '.join(found) or 'none'}; try it over IPMI",
        bmc=wire.name,
    )


def _count(wire: Wire, entries: str) -> int:
    collection = wire.get(entries)
    stated = collection.get("Members@odata.count")
    return stated if isinstance(stated, int) else len(collection.get("Members") or ())


def _sample(wire: Wire, entries: str) -> dict[str, tuple[str, str]]:
    """A few entries: path → what tells them apart."""
    found = {}
    for path in member_paths(wire.get(entries))[:SAMPLE]:
        found[path] = _mark(wire.get(path))
    return found


def _still_there(wire: Wire, sample: dict[str, tuple[str, str]]) -> str:
    for path, mark in sample.items():
        try:
            if _mark(wire.get(path)) == mark:
                return path
        except Missing:
            continue
    return ""


def _as_many(wire: Wire, entries: str, before: int) -> str:
    """Of a log that counts its entries and lists none, the number is all there is to go by."""
    return entries if _count(wire, entries) >= before else ""


def _mark(entry: Resource) -> tuple[str, str]:
    return text(entry, "Created", "EventTimestamp"), text(entry, "Message", "MessageId")
