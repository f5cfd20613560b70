"""The Status of a resource: its State and its Health, in whatever case, spelling or order a BMC states them. No I/O."""

from __future__ import annotations

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.values import word

_HEALTH = {"ok": "ok", "warning": "warning", "critical": "critical"}
# A part in one of these states is there and does not work: a socket that was mapped out is listed with all its facts.
UNUSED = {"disabled": "disabled", "unavailableoffline": "not available", "failed": "failed", "faulty": "faulty"}
_ABSENT = frozenset({"absent", "notpresent", "notinstalled"})
# Resource.State (DSP8010), folded; what stands in neither of the two is kept as a state.
_STATES = _ABSENT | {
    "enabled", "disabled", "standbyoffline", "standbyspare", "intest", "starting", "unavailableoffline", "deferring",
    "quiesced", "updating", "qualified", "degraded",
}  # fmt: skip


def state(resource: Resource) -> str:
    """The word of its state, folded ("enabled", "standbyspare"…), "" when it states none."""
    status = resource.get("Status")
    if not isinstance(status, dict):
        return ""
    first = word(status.get("State"))
    if first not in _STATES:
        second = word(status.get("Health"))
        first = second if second in _STATES else "" if first in _HEALTH else first
    return "absent" if first in _ABSENT else first


def health(resource: Resource) -> str:
    """ "ok", "warning", "critical", or "" when it states none of these. Several BMCs exchange the two properties."""
    status = resource.get("Status")
    if not isinstance(status, dict):
        return ""
    return _HEALTH.get(word(status.get("Health"))) or _HEALTH.get(word(status.get("State")), "")


def rollup(resource: Resource) -> str:
    """ "ok", "warning", "critical", or "" when it states none of these, of the part and all that is below it."""
    status = resource.get("Status")
    return _HEALTH.get(word(status.get("HealthRollup")), "") if isinstance(status, dict) else ""
