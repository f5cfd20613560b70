"""A finding: one requirement looked at, what was expected, what was found, on which part, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody accepted a FAIL: who, why, and until when (ISO date). It is shown in every report."""

    requirement: str
    who: str
    why: str
    until: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement and its verdict.

    requirement: dotted name, such as `disks.data.count` or `check.nvme-randread.read_iops`.
    expected, got: as people write them ("≥ 3 × hdd", "2").
    part: the field-replaceable unit concerned ("nvme serial S1 slot 3", "nic 52:54:…"), empty for the whole machine.
    source: where `got` was read ("in-band /proc/cpuinfo", "redfish Systems/1").
    remedy: one sentence that says what to do next; never empty when the verdict is FAIL or UNKNOWN.
    """

    requirement: str
    verdict: Verdict
    expected: str = ""
    got: str = ""
    part: str = ""
    source: str = ""
    remedy: str = ""
    severity: str = "error"
    waiver: Waiver | None = None

    @property
    def blocks(self) -> bool:
        """Whether the node may not advance: FAIL or UNKNOWN without a waiver, unless it is only a warning."""
        return self.verdict in (Verdict.FAIL, Verdict.UNKNOWN) and self.waiver is None and self.severity != "warning"
