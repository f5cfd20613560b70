"""Which error counters moved during a run, and during which check: results named `error-counters`."""

from __future__ import annotations

from collections.abc import Callable

from metalctl.model.inventory import Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.verdict import Verdict
from metalctl.node.counters import Rise, Snapshot, rises
from metalctl.node.counters.snapshot import lost
from metalctl.node.journal import now

NAME = "error-counters"
_REMEDY = "swap the part named, or its cable or slot, and burn in again; a second rise on the same part says replace it"


class Movement:
    """Holds the snapshot of the start; `after` looks at the cheap counters, `finish` draws the verdict."""

    def __init__(self, inventory: Inventory, before: Snapshot, look: Callable[[], Snapshot]) -> None:
        self._inventory, self._before, self._look = inventory, before, look
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
        """A FAIL for each part with a serious rise, an UNKNOWN for each that can no longer be read, else one PASS."""
        moved = rises(self._before, after)
        serious: dict[str, list[Rise]] = {}
        for rise in moved:
            if rise.counter.serious:
                serious.setdefault(rise.counter.part, []).append(rise)
        evidence = {
            "unreadable": {**self._before.unreadable, **after.unreadable},
            "counters": len(after.values),
            "noted": [f"{r.counter.part}: {r}" for r in moved if not r.counter.serious],
        }
        bad = [self._result(Verdict.FAIL, boot_id, p, self._say(r), _REMEDY, evidence) for p, r in serious.items()]
        gone = [
            self._result(Verdict.UNKNOWN, boot_id, p, "its counters can no longer be read", "see dmesg", evidence)
            for p in lost(self._before, after)
        ]
        if bad or gone:
            return bad + gone
        if not after.values:
            hint = "see whether nvme-cli, smartmontools and EDAC drivers are there"
            return [self._result(Verdict.UNKNOWN, boot_id, "", "no error counter could be read", hint, evidence)]
        return [self._result(Verdict.PASS, boot_id, "", "", "", evidence)]

    def _say(self, found: list[Rise]) -> str:
        return "; ".join(f"{r}{self._when(r)}" for r in found)

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
