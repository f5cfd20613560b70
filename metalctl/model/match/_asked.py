"""One requirement put to one machine, and how it becomes a finding: alike for all parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from metalctl.model.finding import Finding, Fru
from metalctl.model.frus import fru
from metalctl.model.inventory import Dimm, Inventory, PowerSupply
from metalctl.model.match._lists import reason, unread
from metalctl.model.match._words import fixed, not_all
from metalctl.model.parts import source_of
from metalctl.model.verdict import Verdict

# What a BMC is asked for: the machine itself has no word for it, or only since the last boot.
_OF_THE_BMC = ("manager.", "power_supplies", "settings.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A requirement of one machine. fact: what is read for it, where that is not called as the requirement is."""

    inventory: Inventory
    name: str
    expected: str
    fact: str = ""

    @property
    def why(self) -> str:
        """Why the fact is not stated; "" when the collector said nothing of it."""
        return reason(self.inventory, self.fact or self.name)

    def judged(
        self, good: bool | None, got: str, remedy: str, part: str = "", frus: Iterable[Fru] = (), fact: str = ""
    ) -> Finding:
        """PASS, FAIL with the remedy, or `unknown` where nobody states what is good (None).

        UNKNOWN instead of PASS where the list that the requirement depends on is not whole. fact: what was read, where
        it is another than what is missed when nothing is stated.
        """
        if good is None:
            return self.unknown()
        if not good:
            return self._finding(Verdict.FAIL, got, remedy, part, frus, fact)
        if why := unread(self.inventory, self.name):
            # The parts that were read are not to blame.
            return self._finding(Verdict.UNKNOWN, not_all(got), fixed(why), fact=fact)
        return self._finding(Verdict.PASS, got, "", part, fact=fact)

    def unknown(self, part: str = "", frus: Iterable[Fru] = (), fact: str = "") -> Finding:
        """The fact is not stated: we could not tell."""
        missed = fact or self.fact or self.name
        said = reason(self.inventory, missed)
        why = said or f"the {self.inventory.source} inventory does not state {missed}"
        return self.unsure("not stated", fixed(why) if said else f"{why}; {self._ask(missed)}", part, frus, missed)

    def unsure(self, got: str, remedy: str, part: str = "", frus: Iterable[Fru] = (), fact: str = "") -> Finding:
        """What was read does not tell: it may not be all there is, or not be what was asked."""
        return self._finding(Verdict.UNKNOWN, got, remedy, part, frus, fact)

    def skipped(self, got: str, part: str = "", fact: str = "") -> Finding:
        """It is not asked of this machine."""
        return self._finding(Verdict.SKIP, got, "", part, fact=fact)

    def _finding(
        self, verdict: Verdict, got: str, remedy: str, part: str = "", frus: Iterable[Fru] = (), fact: str = ""
    ) -> Finding:
        where = source_of(self.inventory, fact or self.fact or self.name)
        return Finding(self.name, verdict, self.expected, got, part, where, remedy, frus=tuple(frus))

    def _ask(self, fact: str) -> str:
        """Whom to ask for a fact that this side is silent of without a reason."""
        if self.inventory.source == "in-band" and fact.startswith(_OF_THE_BMC):
            return "the BMC may: read it too (metalctl inspect NODE --out-of-band)"
        if self.inventory.source == "out-of-band":
            return "the booted machine may: inspect it from inside too (metalctl inspect --local on it, or enroll it)"
        return "fix that and inspect again"


def of(parts: Iterable[Any]) -> tuple[str, tuple[Fru, ...]]:
    """(how a person finds them, what a ticket names): the last two of what a finding is made of."""
    listed = list(parts)
    if listed and isinstance(listed[0], Dimm):
        return "DIMM " + ", ".join(d.slot or "?" for d in listed), tuple(map(fru, listed))
    labels = (f"PSU {p.slot}" if isinstance(p, PowerSupply) else p.label for p in listed)
    return ", ".join(labels), tuple(map(fru, listed))


_SAID = {True: "on", False: "off", None: ""}


def switch(inventory: Inventory, name: str, wanted: bool, on: bool | None, how: str, part: str = "") -> Finding:
    """What must be on, or off, in firmware setup. how: "turn … {} in firmware setup"."""
    asked = Asked(inventory, name, _SAID[wanted])
    return asked.judged(None if on is None else on == wanted, _SAID[on], how.format(_SAID[wanted]), part)
