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
class Fru:
    """A part that a person can replace. kind: "dimm", "disk", "nic", "cpu", "psu", "controller" or "card".

    slot: as the chassis labels it, else how the machine addresses it.
    """

    kind: str
    slot: str = ""
    part_number: str = ""
    serial: str = ""

    def __str__(self) -> str:
        """As a ticket names it: "dimm A6, part M393A4K40, serial 1234"."""
        known = (("part", self.part_number), ("serial", self.serial))
        return ", ".join([f"{self.kind} {self.slot}".strip(), *(f"{word} {value}" for word, value in known if value)])


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement and its verdict.

    requirement: dotted name, such as `disks.data.count` or `check.nvme-randread.read_iops`.
    expected, got: as people write them ("≥ 3 × hdd", "2").
    part: the field-replaceable unit concerned ("nvme serial S1 slot 3", "nic 52:54:…"), empty for the whole machine.
    source: where `got` was read ("in-band /proc/cpuinfo"); where the other side says otherwise, what it says and where.
    frus: the replaceable parts concerned, one by one; empty where no single part is to blame.
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
    frus: tuple[Fru, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the node may not advance: FAIL or UNKNOWN without a waiver, unless it is only a warning."""
        return self.verdict in (Verdict.FAIL, Verdict.UNKNOWN) and self.waiver is None and self.severity != "warning"
