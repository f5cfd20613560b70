"""`@check`: what a check says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from metalctl.model.units import parse_duration

F = TypeVar("F", bound=Callable[..., Any])
ATTRIBUTE: Final = "__metalctl_check__"


class _Required:
    """The one value that says: the profile must give this limit."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What `@check` was given. estimate and timeout in seconds.

    limits: name → default, None (optional) or REQUIRED; a mapping of levels where each level has a default of its own.
    """

    component: str
    levels: tuple[str, ...]
    estimate: float
    needs: tuple[str, ...] = ()
    timeout: float = 120.0
    limits: Mapping[str, object] = field(default_factory=dict)
    remedy: str = ""

    def at(self, level: str) -> dict[str, object]:
        """The limits with their defaults of that level."""
        return {name: value[level] if isinstance(value, Mapping) else value for name, value in self.limits.items()}

    def lasts(self, level: str, given: Mapping[str, object]) -> float:
        """Seconds that it is expected to take: its runtime, where that is another one at each level or asked for."""
        own, asked = self.limits.get("runtime"), {**self.at(level), **given}.get("runtime")
        told = isinstance(own, Mapping) or "runtime" in given
        return float(asked) if told and isinstance(asked, (int, float)) else self.estimate


def check(
    *,
    component: str,
    levels: str = "quick normal burn-in",
    estimate: str = "10 s",
    needs: tuple[str, ...] = (),
    timeout: float = 120.0,
    limits: Mapping[str, object] | None = None,
    remedy: str = "",
) -> Callable[[F], F]:
    """Mark a function as a check.

    levels: words out of quick, normal, burn-in. needs: tools on PATH. timeout: seconds allowed beyond four times the
    limit `runtime`. limits: every limit the check knows, with its default, or a mapping of levels to theirs; any other
    in the profile is UNKNOWN, so a misspelt limit never goes unheeded. remedy: what a technician does when it fails.
    """
    info = CheckInfo(
        component=component,
        levels=tuple(levels.split()),
        estimate=parse_duration(estimate),
        needs=needs,
        timeout=timeout,
        limits=limits or {},
        remedy=remedy,
    )

    def mark(function: F) -> F:
        setattr(function, ATTRIBUTE, info)
        return function

    return mark


def info_of(function: object) -> CheckInfo | None:
    """What `@check` was given for this function, None when it was not decorated."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, CheckInfo) else None
