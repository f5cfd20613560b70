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


def worst(stated: Iterable[str]) -> str:
    """The worst of several, "" when none is stated."""
    return max(stated, key=_WORSE.index, default="")


class Stated:
    """A resource, by what its Status says of it."""

    __slots__ = ("json",)

    def __init__(self, json: Resource) -> None:
        self.json = json

    def _says(self, name: str) -> str:
        """The word of a property of its Status, folded."""
        status = self.json.get("Status")
        return word(status.get(name)) if isinstance(status, dict) else ""

    @property
    def state(self) -> str:
        """The word of its state, folded ("enabled", "standbyspare"…), "" when it states none."""
        first = self._says("State")
        if first not in _STATES:
            second = self._says("Health")
            first = second if second in _STATES else "" if first in HEALTH else first
        return "absent" if first in _ABSENT else first

    @property
    def absent(self) -> bool:
        """Whether it stands for an empty socket, slot or bay."""
        return self.state == "absent"

    @property
    def own_health(self) -> str:
        """ "ok", "warning", "critical" of the resource itself alone, or "" when it states none of these.

        Several BMCs exchange Health and State.
        """
        return HEALTH.get(self._says("Health")) or HEALTH.get(self._says("State"), "")

    @property
    def rollup(self) -> str:
        """The same of the part and all that is below it."""
        return HEALTH.get(self._says("HealthRollup"), "")

    @property
    def health(self) -> str:
        """The worst of all that its Status says.

        What is worse in the roll-up or in a condition counts: a BMC may still call healthy what has a part, or an open
        event, that is not.
        """
        said, status = self.own_health, self.json.get("Status")
        if not isinstance(status, dict) or ("HealthRollup" not in status and "Conditions" not in status):
            return said
        more = [*(severity for severity, _ in self.conditions), self.rollup]
        return worst((said, *(one for one in more if one != "ok"), ""))

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """("warning" or "critical", what is said) of each of its conditions worse than ok (Resource.Condition)."""
        status = self.json.get("Status")
        listed = status.get("Conditions") if isinstance(status, dict) else None
        found = []
        for one in (listed if isinstance(listed, list) else [listed])[:_MOST]:
            severity = HEALTH.get(word(one.get("Severity")), "") if isinstance(one, dict) else ""
            if isinstance(one, dict) and severity in _BAD:
                said = one.get("Message") or one.get("MessageId")
                found.append((severity, " ".join(said.split())[:200] if isinstance(said, str) else ""))
        return found

    @property
    def unused(self) -> str:
        """What it says of itself that makes it no working part, in words; "" where it says nothing of the kind."""
        if (state := self.state) in UNUSED:
            return f"says that it is {UNUSED[state]}"
        return "has the health critical" if self.health == "critical" else ""

    @property
    def condition(self) -> str:
        """Its health with what its state says of it: a part that is called healthy and is "disabled" is that."""
        health = self.health
        return health if health in _BAD else UNUSED.get(self.state, health)

    def there(self, *facts: object) -> bool | None:
        """Whether it stands for a part: no for an empty slot; None where it states no state and none of the facts."""
        state = self.state
        return False if state == "absent" else True if state or any(facts) else None
