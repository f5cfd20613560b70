"""What a check leaves behind: measurements with their limits, and one result a check and part."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value in its base unit (B, B/s, b/s, s, IO/s, 1, fraction) and the limits it was held to."""

    name: str
    value: float
    unit: str = "1"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> Verdict:
        """FAIL beyond a limit, PASS within; SKIP when no limit was asked (it is information)."""
        if self.at_least is None and self.at_most is None:
            return Verdict.SKIP
        low = self.at_least is None or self.value >= self.at_least
        high = self.at_most is None or self.value <= self.at_most
        # A NaN compares false with everything, and infinity holds any floor: neither was measured.
        if not math.isfinite(self.value):
            return Verdict.UNKNOWN
        return Verdict.PASS if low and high else Verdict.FAIL


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one part.

    check: its name as in the profile (`nvme-randread`). part: what it ran on ("nvme0 serial S1"), "" for the machine.
    reason: why it failed, was skipped or could not tell. remedy: what to do next. started: ISO 8601 UTC.
    evidence: small facts worth keeping (tool version, counters before and after), JSON values only.
    """

    check: str
    verdict: Verdict
    part: str = ""
    component: str = ""
    reason: str = ""
    remedy: str = ""
    measurements: tuple[Measurement, ...] = ()
    started: str = ""
    duration: float = 0.0
    boot_id: str = ""
    attempt: int = 1
    evidence: dict[str, object] = field(default_factory=dict)
