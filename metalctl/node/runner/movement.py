"""What error counters say of a run: what stood there before, what moved and during which check, and what nobody could
read. Results named `error-counters`."""

from __future__ import annotations

from collections.abc import Callable

from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict
from metalctl.model.watch import Watch
from metalctl.node.counters import Rise, Snapshot, rises
from metalctl.node.counters.coverage import uncovered
from metalctl.node.counters.judge import noted, serious, stood
from metalctl.node.counters.snapshot import lost
from metalctl.node.journal import now

NAME = "error-counters"
_REMEDY = "swap the part named, or its cable or slot, and burn in again; a second rise on the same part says replace it"
_STOOD = {
    "memory-uncorrected": "replace the module named; if that was done since, clear the BMC's log (metalctl bmc "
    "sel-clear) and power cycle",
    "memory-storm": "replace the module named; if that was done since, clear the BMC's log (metalctl bmc sel-clear)",
    "memory-corrected": "reseat the module named and burn in again; replace it if errors come again",
    "cpu-uncorrected": "read the BMC's log for the part that it names, swap it, and burn in again",
    "drive-fault": "replace the drive named; if that was done since, clear the BMC's log (metalctl bmc sel-clear)",
    "power-fault": "see that the supply and its feed work; then clear the BMC's log (metalctl bmc sel-clear)",
    "cooling-fault": "see that fans and inlet are in order; then clear the BMC's log (metalctl bmc sel-clear)",
    "thermal-throttle": "look at fans, air baffles, dust and the processor's heat sink",
    "link-failures": "reseat cable and transceiver at both ends, then swap them",
}
_STOOD_ELSE = "reseat or swap the part named, or its cable or slot, power cycle, and burn in again"
_UNREAD = (
    "make one of these sources readable (a driver, rasdaemon, ipmitool with a BMC), or say in the profile which are "
    "required of this role (errors: sources)"
)


class Movement:
    """Holds the snapshot of the start; `after` looks at the cheap counters, `finish` draws the verdict.

    watch: the limits and the sources that must be readable; none of either when it is left out. uptime: seconds.
    """

    def __init__(
        self,
        inventory: Inventory,
        before: Snapshot,
        look: Callable[[], Snapshot],
        watch: Watch | None = None,
        uptime: float = 0.0,
    ) -> None:
        self._inventory, self._before, self._look = inventory, before, look
        self._watch, self._uptime = watch or Watch(), uptime
        self._last = before
        self._during: dict[str, str] = {}
        self._started = now()

    def after(self, check: str) -> None:
        """Remember during which check a counter first moved."""
        current = self._look()
        for rise in rises(self._last, current):
            self._during.setdefault(f"{rise.counter.part} {rise.counter.name}", check)
        self._last = current

    def finish(self, after: Snapshot, boot_id: str) -> list[CheckResult]:
        """A FAIL for each part with too many errors before the run or a serious rise, an UNKNOWN for each that can no
        longer be read and for each kind of error that no required source could tell, else one PASS."""
        notes = list(noted(self._before, after, self._watch, self._uptime))
        evidence: dict[str, object] = {
            "unreadable": {**self._before.unreadable, **after.unreadable},
            "sources": {name: why or "read" for name, why in {**self._before.sources, **after.sources}.items()},
            "counters": len(after.values),
            "noted": notes,
        }
        results = [
            self._result(Verdict.FAIL, boot_id, part, "; ".join(said), remedy, evidence)
            for part, (said, remedy) in self._bad(after).items()
        ]
        results += [
            self._result(Verdict.UNKNOWN, boot_id, p, "its counters can no longer be read", "see dmesg", evidence)
            for p in lost(self._before, after)
        ]
        results += [
            self._result(Verdict.UNKNOWN, boot_id, thing, f"its errors could not be read: {why}", _UNREAD, evidence)
            for thing, why in uncovered(self._watch, self._inventory, self._before, after)
        ]
        if not results and not after.values:
            hint = "see whether nvme-cli, smartmontools and EDAC drivers are there"
            return [self._result(Verdict.UNKNOWN, boot_id, "", "no error counter could be read", hint, evidence)]
        return results or [self._result(Verdict.PASS, boot_id, "", "; ".join(notes), "", evidence)]

    def _bad(self, after: Snapshot) -> dict[str, tuple[list[str], str]]:
        """Part → what its counters say against it, and what to do."""
        found: dict[str, tuple[list[str], str]] = {}
        for rise in serious(rises(self._before, after), self._watch):
            said, remedy = found.get(rise.counter.part, ([], _REMEDY))
            found[rise.counter.part] = ([*said, f"{rise}{self._when(rise)}"], remedy)
        for one in stood(self._before, self._watch, self._uptime):
            said, remedy = found.get(one.counter.part, ([], _STOOD.get(one.counter.kind, _STOOD_ELSE)))
            found[one.counter.part] = ([*said, str(one)], remedy)
        return found

    def _when(self, rise: Rise) -> str:
        check = self._during.get(f"{rise.counter.part} {rise.counter.name}")
        return f" during {check}" if check else " during the run"

    def _result(
        self, verdict: Verdict, boot_id: str, part: str, reason: str, remedy: str, evidence: dict[str, object]
    ) -> CheckResult:
        return CheckResult(
            NAME,
            verdict,
            part,
            component=part.split(" ")[0],
            reason=reason,
            remedy=remedy,
            started=self._started,
            boot_id=boot_id,
            evidence=evidence,
        )
