"""What a tick of a stage says: done with evidence, wait and call again, or failed with findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Done:
    """The stage is complete: what was seen that proves it, and what was found on the way."""

    evidence: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now; call again in so many seconds, or sooner when one of the topics `until` happens.

    `why` is what a person reads meanwhile. queued: it waits for its turn, which costs nothing of the stage's budget;
    expected: seconds that this will probably take. held: an operator's hand is on it.
    """

    seconds: float
    why: str
    until: tuple[str, ...] = ()
    queued: bool = False
    expected: float = 0.0
    held: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """How a walk goes on after a tick: it has ended, passed or not, or it waits (`seconds` at most)."""

    ended: bool
    passed: bool = False
    seconds: float = 0.0
    until: tuple[str, ...] = ()

    @classmethod
    def wait(cls, seconds: float, until: tuple[str, ...] = ()) -> Next:
        """Not ended."""
        return cls(ended=False, seconds=seconds, until=until)


class StageFailed(MetalctlError):
    """The stage cannot be passed. fault: "hardware" when a finding that blocks is a FAIL, else "metalctl": we could
    not tell."""

    def __init__(self, findings: tuple[Finding, ...], *, fault: str = "", **evidence: Any) -> None:
        blocking = [f for f in findings if f.blocks]
        first = blocking[0] if blocking else findings[0]
        fault = fault or ("hardware" if any(f.verdict is Verdict.FAIL for f in blocking) else "metalctl")
        super().__init__(f"{first.requirement}: {first.got or first.verdict}", hint=first.remedy)
        self.findings = findings
        self.fault = fault
        self.evidence = evidence
