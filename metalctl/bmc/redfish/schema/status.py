"""The Status of a resource: its State and its Health, in whatever case, spelling or order a BMC states them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import word

HEALTH = {"ok": "ok", "warning": "warning", "critical": "critical"}
_WORSE = ("", "ok", "warning", "critical")
# A part in one of these states is there and does not work: a socket that was mapped out is listed with all its facts.
# The last two say that it is broken, whatever stands in Health.
UNUSED = {"disabled": "disabled", "unavailableoffline": "not available", "failed": "failed", "faulty": "faulty"}
_BAD = ("warning", "critical")
_MOST = 64  # conditions of one part
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
        first = second if second in _STATES else "" if first in HEALTH else first
    return "absent" if first in _ABSENT else first


def health(resource: Resource) -> str:
    """ "ok", "warning", "critical", or "" when it states none of these: the worst of all that its Status says.

    Several BMCs exchange Health and State. What is worse in the roll-up or in a condition counts: a BMC may still call
    healthy what has a part, or an open event, that is not.
    """
    status = resource.get("Status")
    if not isinstance(status, dict):
        return ""
    said = own(resource)
    if "HealthRollup" not in status and "Conditions" not in status:
        return said
    more = [*(severity for severity, _ in conditions(resource)), rollup(resource)]
    return max(said, *(one for one in more if one != "ok"), "", key=_WORSE.index)


def own(resource: Resource) -> str:
    """The same of the resource itself alone, as its Health says."""
    status = resource.get("Status")
    if not isinstance(status, dict):
        return ""
    return HEALTH.get(word(status.get("Health"))) or HEALTH.get(word(status.get("State")), "")


def worst(stated: Iterable[str]) -> str:
    """The worst of several, "" when none is stated."""
    return max(stated, key=_WORSE.index, default="")


def conditions(resource: Resource) -> list[tuple[str, str]]:
    """("warning" or "critical", what is said) of each of its conditions that is worse than ok (Resource.Condition)."""
    status = resource.get("Status")
    listed = status.get("Conditions") if isinstance(status, dict) else None
    found = []
    for one in (listed if isinstance(listed, list) else [listed])[:_MOST]:
        severity = HEALTH.get(word(one.get("Severity")), "") if isinstance(one, dict) else ""
        if isinstance(one, dict) and severity in _BAD:
            said = one.get("Message") or one.get("MessageId")
            found.append((severity, " ".join(said.split())[:200] if isinstance(said, str) else ""))
    return found


def rollup(resource: Resource) -> str:
    """ "ok", "warning", "critical", or "" when it states none of these, of the part and all that is below it."""
    status = resource.get("Status")
    return HEALTH.get(word(status.get("HealthRollup")), "") if isinstance(status, dict) else ""
