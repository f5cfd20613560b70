"""A Smart Array controller's own fields: its state, its cache module, its battery or capacitor. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from metalctl.model.inventory import Controller

# Field → what it is about, and the states in which it is in order.
_STATES = {
    "Controller Status": ("it", ("ok",)),
    "Cache Status": ("cache module", ("ok", "not configured", "enabled")),
    "Battery/Capacitor Status": ("battery", ("ok", "recharging", "charging", "not present")),
    "Capacitor Status": ("capacitor", ("ok", "recharging", "charging")),
    "Battery Status": ("battery", ("ok", "recharging", "charging")),
}


def judged(card: Controller, told: Mapping[str, str]) -> Controller:
    """The controller with its health ("" where the tool states none) and what is wrong with it."""
    found, status = list(_faults(told)), told.get("Controller Status", "").lower()
    health = ("critical" if "fail" in status else "warning") if found else "ok" if status else ""
    return replace(card, health=health, faults=tuple(found))


def _faults(told: Mapping[str, str]) -> Iterator[str]:
    for field, (what, good) in _STATES.items():
        state = told.get(field, "")
        if state and not state.lower().startswith(good) and not _waits(field, state, told):
            yield f"{what}: {state}"


def _waits(field: str, state: str, told: Mapping[str, str]) -> bool:
    """A cache that is off while its battery is charged is in order: a new machine's is."""
    power = " ".join(value for name, value in told.items() if name.endswith("Capacitor Status")).lower()
    return field == "Cache Status" and state.lower().startswith("temporarily disabled") and "charging" in power
