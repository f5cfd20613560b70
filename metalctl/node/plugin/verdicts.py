"""From how a check ended to one of the four verdicts, with the reason and the remedy."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from metalctl.model.errors import MetalctlError
from metalctl.model.verdict import Verdict, combine
from metalctl.node.errors import HardwareFault
from metalctl.node.plugin.decorator import REQUIRED, CheckInfo
from metalctl.node.plugin.measures import Measures


class CheckTimeout(BaseException):
    """The check's own deadline passed. Not an Exception, so that no check swallows it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A verdict with its reason and remedy."""

    verdict: Verdict
    reason: str = ""
    remedy: str = ""


def of_exception(error: BaseException, checks: Path) -> Ending:
    """The verdict that an exception means. An AssertionError counts as FAIL only when the check itself raised it."""
    if isinstance(error, pytest.skip.Exception):
        reason = str(error.msg or "").strip()
        return Ending(Verdict.SKIP, reason) if reason else Ending(Verdict.UNKNOWN, "skipped without a reason")
    if isinstance(error, HardwareFault):
        return Ending(Verdict.FAIL, error.message, error.hint)
    if isinstance(error, (AssertionError, pytest.fail.Exception)) and _raised_in(error, checks):
        return Ending(Verdict.FAIL, _first_line(error))
    if isinstance(error, CheckTimeout):
        return Ending(Verdict.UNKNOWN, str(error), "look at dmesg for a device that hangs")
    if isinstance(error, MetalctlError):
        return Ending(Verdict.UNKNOWN, error.message, error.hint)
    return Ending(Verdict.UNKNOWN, f"the check broke: {type(error).__name__}: {_first_line(error)}")


def of_measures(measures: Measures) -> Ending:
    """The verdict of the measurements alone; no limit held is a PASS of whatever the check itself asserted."""
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        if complaints := measures.complaints(verdict):
            return Ending(verdict, "; ".join(complaints))
    return Ending(Verdict.PASS)


def conclude(errors: Iterable[BaseException], measures: Measures, info: CheckInfo, name: str, checks: Path) -> Ending:
    """One ending out of all exceptions of set-up, check and clean-up, and of the measurements."""
    endings = [of_exception(e, checks) for e in errors]
    measured = of_measures(measures)
    if not endings and REQUIRED in info.limits.values() and measures.verdict is Verdict.SKIP:
        measured = Ending(Verdict.UNKNOWN, "the check compared nothing with its limits")
    if measured.verdict is not Verdict.PASS or not endings:
        endings.append(measured)
    return _worst(endings, info, name)


def _worst(endings: list[Ending], info: CheckInfo, name: str) -> Ending:
    """The worst verdict, with every reason for it and the first remedy."""
    verdict = combine(e.verdict for e in endings)
    worst = [e for e in endings if e.verdict is verdict]
    remedy = next((e.remedy for e in worst if e.remedy), "")
    return Ending(verdict, "; ".join(e.reason for e in worst if e.reason), remedy or _remedy(verdict, info, name))


def _remedy(verdict: Verdict, info: CheckInfo, name: str) -> str:
    if verdict is Verdict.FAIL and info.remedy:
        return info.remedy
    if verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        return f"run it by hand on the node: python3 -m metalctl.node run --local --check {name}"
    return ""


def _raised_in(error: BaseException, checks: Path) -> bool:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "_pytest" not in Path(f.filename).parts]
    return bool(frames) and Path(frames[-1].filename).is_relative_to(checks)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    if lines:
        return lines[0][:500]
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].line or type(error).__name__ if frames else type(error).__name__
