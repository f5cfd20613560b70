"""Four verdicts, and how they combine.

PASS and FAIL are about the hardware. UNKNOWN: we could not tell. SKIP: not asked of this machine, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict over several: any FAIL fails, then any UNKNOWN is unknown; nothing but SKIPs is a SKIP."""
    seen = set(verdicts)
    for worst in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        if worst in seen:
            return worst
    return Verdict.SKIP


_CODES = {Verdict.PASS: 0, Verdict.SKIP: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 3}


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """With what a command ends that prints them: 0 nothing is wrong, 1 some hardware failed, 3 it could not be told."""
    return _CODES[combine(verdicts)]
