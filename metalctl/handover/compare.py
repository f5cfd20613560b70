"""Wanted against found, as findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from metalctl.model.dossier import Dossier
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict


def compare(
    target: str, dossier: Dossier, wanted: Mapping[str, Any], found: Mapping[str, Any], source: str, remedy: str
) -> tuple[Finding, ...]:
    """One finding a wanted fact: PASS when the target has just that value, else FAIL; `remedy` says what to do."""
    return tuple(
        Finding(
            f"handover.{target}.{name}",
            Verdict.PASS if name in found and found[name] == value else Verdict.FAIL,
            _say(value),
            _say(found[name]) if name in found else "nothing",
            dossier.node,
            source,
            "" if name in found and found[name] == value else remedy,
        )
        for name, value in wanted.items()
    )


def absent(target: str, dossier: Dossier, source: str, remedy: str) -> Finding:
    """The target does not have the node at all."""
    return Finding(f"handover.{target}", Verdict.FAIL, "the node is there", "it is not", dossier.node, source, remedy)


def warning(target: str, name: str, dossier: Dossier, expected: str, got: str, remedy: str) -> Finding:
    """Something that a person should look at, and that stops nothing."""
    return Finding(f"handover.{target}.{name}", Verdict.FAIL, expected, got, dossier.node, "", remedy, "warning")


def _say(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
