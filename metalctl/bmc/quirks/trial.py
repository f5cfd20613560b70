"""A quirk tried on a recorded BMC: which of its conditions match, and what stands where one does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from metalctl.bmc.quirks import Quirk, text_at
from metalctl.bmc.quirks.load import PLACES

Facts = Mapping[str, Mapping[str, Any]]
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Condition:
    """place: where it looks; got: what stands there, None for nothing; near: what may have been meant, in words."""

    place: str
    pattern: str
    got: str | None
    matches: bool
    near: str = ""


def facts_of(tree: Mapping[str, Any], root: str = "/redfish/v1") -> list[dict[str, Mapping[str, Any]]]:
    """Root, system and manager for each system of a recorded tree (path → resource), as quirks look at them."""
    service = tree.get(root, {})
    first = next(iter(_members(tree, service, "Managers")), {})
    systems = list(_members(tree, service, "Systems")) or [{}]
    return [{"root": service, "system": one, "manager": _manager(tree, one) or first} for one in systems]


def trial(quirk: Quirk, facts: Facts) -> list[Condition]:
    """The conditions of the alternative that matches best, in the order of the file."""
    tried = [[_condition(facts, place, p) for place, p in one.items()] for one in quirk.when]
    return max(tried, key=lambda found: (all(c.matches for c in found), sum(c.matches for c in found) / len(found)))


def _members(tree: Mapping[str, Any], service: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    collection = _linked(tree, service.get(name))
    for link in collection.get("Members", ()):
        if member := _linked(tree, link):
            yield member


def _manager(tree: Mapping[str, Any], system: Mapping[str, Any]) -> Mapping[str, Any]:
    links = system.get("Links")
    by = links.get("ManagedBy") if isinstance(links, Mapping) else None
    return _linked(tree, by[0]) if isinstance(by, list) and by else {}


def _linked(tree: Mapping[str, Any], link: Any) -> Mapping[str, Any]:
    path = link.get("@odata.id") if isinstance(link, Mapping) else None
    found = tree.get(path.rstrip("/")) if isinstance(path, str) else None
    return found if isinstance(found, Mapping) else {}


def _condition(facts: Facts, place: str, pattern: Any) -> Condition:
    got = text_at(facts, place)
    matches = got is not None and pattern.search(got) is not None
    return Condition(place, pattern.pattern, _short(got), matches, "" if matches else _near(facts, place, pattern, got))


def _near(facts: Facts, place: str, pattern: Any, got: str | None) -> str:
    """What a slip may be about: the case of letters, another resource, the name of the property."""
    if got is not None and re.search(pattern.pattern, got, re.IGNORECASE):
        return "it matches when upper and lower case do not count: write (?i) before the pattern"
    thing, _, name = place.partition(".")
    for other in (other for other in PLACES if other != thing):
        there = text_at(facts, f"{other}.{name}")
        if there is not None and pattern.search(there):
            return f'{other}.{name} matches: "{_short(there)}"'
    parent, _, last = place.rpartition(".")
    around = _at(facts, parent)
    alike = get_close_matches(last, list(around), n=1) if got is None else []
    return f'{parent}.{alike[0]} is there: "{_short(text_at(facts, f"{parent}.{alike[0]}"))}"' if alike else ""


def _at(facts: Facts, place: str) -> Mapping[str, Any]:
    value: Any = facts
    for name in place.split("."):
        value = value.get(name, {}) if isinstance(value, Mapping) else {}
    return value if isinstance(value, Mapping) else {}


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
