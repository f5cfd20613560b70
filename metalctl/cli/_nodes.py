"""Which nodes `metalctl nodes` lists, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metalctl.model.stage import ORDER, Condition

if TYPE_CHECKING:
    from metalctl.engine.pipeline.overview import Standing

# What calls for somebody comes first.
_URGENCY = [Condition.FAILED, Condition.HELD, Condition.RUNNING, Condition.WAITING, Condition.DONE]
SORTS: dict[str, Callable[[Standing], Any]] = {
    "name": lambda s: s.node,
    "stage": lambda s: (ORDER.index(s.stage), s.node),
    "condition": lambda s: (_URGENCY.index(s.condition), s.node),
    "elapsed": lambda s: (-s.elapsed, s.node),
    "profile": lambda s: (s.profile, s.node),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Empty: any."""

    stages: Sequence[str] = ()
    conditions: Sequence[str] = ()
    profiles: Sequence[str] = ()
    sort: str = "name"

    def of(self, found: Iterable[Standing]) -> list[Standing]:
        """Those that are meant, in order."""
        wanted = ((self.stages, "stage"), (self.conditions, "condition"), (self.profiles, "profile"))
        chosen = [s for s in found if all(not some or getattr(s, field) in some for some, field in wanted)]
        return sorted(chosen, key=SORTS[self.sort])
