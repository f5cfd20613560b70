"""What a tick of a stage says: done with evidence, wait and call again, or failed with findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metalctl.model.errors import MetalctlError
from metalctl.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Done:
    """The stage is complete: what was seen that proves it, and what was found on the way."""

    evidence: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now; call again in so many seconds. `why` is what a person reads meanwhile."""

    seconds: float
    why: str


class StageFailed(MetalctlError):
    """The stage cannot be passed. fault: "hardware", or "metalctl" when we could not tell."""

    def __init__(self, findings: tuple[Finding, ...], *, fault: str = "hardware", **evidence: Any) -> None:
        first = next((f for f in findings if f.blocks), findings[0])
        super().__init__(f"{first.requirement}: {first.got or first.verdict}", hint=first.remedy)
        self.findings = findings
        self.fault = fault
        self.evidence = evidence
