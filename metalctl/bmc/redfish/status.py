"""The Status of a resource: its State and its Health, in whatever case, spelling or order a BMC states them. No I/O."""

from __future__ import annotations

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.values import child, word

_HEALTH = {"ok": "ok", "warning": "warning", "critical": "critical"}
_ABSENT = frozenset({"absent", "notpresent", "notinstalled"})
# Resource.State (DSP8010), folded; what stands in neither of the two is kept as a state.
_STATES = _ABSENT | {
    "enabled", "disabled", "standbyoffline", "standbyspare", "intest", "starting", "unavailableoffline", "deferring",
    "quiesced", "updating", "qualified", "degraded",
}  # fmt: skip


def state(resource: Resource) -> str:
    """The word of its state, folded ("enabled", "standbyspare"…), "" when it states none."""
    first, second = _words(resource, "State", "Health")
    if first not in _STATES and (second in _STATES or first in _HEALTH):
        first = second if second in _STATES else ""
    return "absent" if first in _ABSENT else first


def health(resource: Resource) -> str:
    """ "ok", "warning", "critical", or "" when it states none of these. Several BMCs exchange the two properties."""
    return next((_HEALTH[one] for one in _words(resource, "Health", "State") if one in _HEALTH), "")


def _words(resource: Resource, *names: str) -> tuple[str, ...]:
    status = child(resource, "Status")
    return tuple(word(status.get(name)) for name in names)
