"""A card in the JSON of storcli and perccli (`/cX show all J`): its own state, its battery or cache module. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from metalctl.model.inventory import Controller
from metalctl.node.inspect import values

# Section → what it is; the keys that name it and that tell its state.
_PACKS = {"BBU_Info": "battery", "Cachevault_Info": "cache module", "Energy Pack Info": "energy pack"}
_NAMES, _STATES = ("Model", "SubType", "Type"), ("State", "Status")
# A new battery is charged and learns; meanwhile the cache writes through.
_GOOD = frozenset({"optimal", "ok", "good", "ready", "learning", "learn", "charging", "charge", "discharging"})
# "BBU Status" of the card, a number: in order, charging, and what cards without a pack of their own may have.
_PACK_WELL = (0, 8, 4096)
_SAFE_MODE = "Controller has booted into safe mode"
_LOST = ("Any Offline VD Cache Preserved", "Preserved Cache Present")


def judged(card: Controller, told: dict[str, Any]) -> Controller:
    """The controller with its health ("" where the tool states none) and what is wrong with it."""
    status = values.text(values.at(told, "Status", "Controller Status")) or values.text(told.get("Controller Status"))
    found = [*_own(status, told), *_packs(told)]
    health = ("critical" if status.lower() == "failed" else "warning") if found else "ok" if status else ""
    return replace(card, health=health, faults=tuple(found))


def _own(status: str, told: dict[str, Any]) -> Iterator[str]:
    if status and status.lower() not in _GOOD:
        yield f"it calls itself {status}"
    if errors := values.whole(values.at(told, "Status", "Memory Uncorrectable Errors")):
        yield f"{errors} uncorrectable errors of its memory"
    if (pack := values.whole(values.at(told, "Status", "BBU Status"))) is not None and pack not in _PACK_WELL:
        yield f"it calls the state of its battery or cache module {pack}"
    if values.text(values.at(told, "Status", _SAFE_MODE)).lower() == "yes":
        yield "it started in safe mode"
    for name in _LOST:
        if values.text(values.at(told, "Status", name)).lower() == "yes":
            yield "it keeps what was cached for a volume that is gone"


def _packs(told: dict[str, Any]) -> Iterator[str]:
    for section, what in _PACKS.items():
        for pack in values.objects(told.get(section)):
            name, state = values.first(pack, *_NAMES), values.first(pack, *_STATES)
            if state and state.split("(")[0].strip().lower() not in _GOOD:
                yield f"{what} {name}: {state}".replace(" :", ":")
