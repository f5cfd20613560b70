"""What a certificate binds besides its verdict: what was asked, at which level and limits, and what was measured."""

from __future__ import annotations

from typing import Any

from metalctl.model.codec import encode
from metalctl.model.dossier import Dossier
from metalctl.model.stage import Stage
from metalctl.model.verdict import Verdict
from metalctl.report.judge import Judged, Judgement, done

# Least that a certificate may rest on: a machine of which less is known is nobody's machine.
_PARTS = ("cpu", "dimm", "disk", "nic")
_HARDWARE = ("cpu.", "memory.", "disks.", "network.")


def bound(judgement: Judgement) -> dict[str, Any]:
    """The levels, and every check with its limits and what was measured; what was left out, with the reason."""
    current = judgement.current
    return {
        "levels": sorted({f"{c.run.kind}: {c.run.level}" for c in current if c.run.level}),
        "checks": [_check(c) for c in current if c.verdict is not Verdict.SKIP],
        "skipped": [
            {"check": c.result.check, "part": c.result.part, "kind": c.run.kind, "why": c.result.reason}
            for c in current
            if c.verdict is Verdict.SKIP
        ],
    }


def too_little(dossier: Dossier, judgement: Judgement, kinds: set[str]) -> list[str]:
    """What is missing for a certificate to mean anything, one sentence each. kinds: of the parts that are known."""
    found = [f"no {kind} of the machine is known" for kind in _PARTS if kind not in kinds]
    held = [f for f in judgement.findings if f.verdict is Verdict.PASS and f.requirement.startswith(_HARDWARE)]
    if not held:
        found.append("the profile asks nothing of the machine that was found to hold")
    if not any(c.run.kind == "burn-in" and c.verdict is Verdict.PASS for c in judgement.current):
        found.append("no check of the burn-in passed")
    if not done(dossier, Stage.BURNED_IN):
        found.append("the stage `burned-in` was not passed")
    return found


def _check(judged: Judged) -> dict[str, Any]:
    result = judged.result
    return {
        "check": result.check,
        "part": result.part,
        "kind": judged.run.kind,
        "run": judged.run.run_id,
        "verdict": str(judged.verdict),
        "measurements": [encode(m) for m in result.measurements],
    }
