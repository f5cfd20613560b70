"""A bound on a number, and a requirement that a site defined; pure data, like the rest of a profile."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Range:
    """A bound on a number, low and high both inclusive; `text` is how the profile wrote it (">= 512 GiB")."""

    low: float | None = None
    high: float | None = None
    text: str = ""

    def holds(self, value: float) -> bool:
        """Whether the value is within."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class SiteRequirement:
    """A requirement that the site defined: its definition, and what the profile asks.

    parts: dotted path of a list of the inventory, or fact: of one value. where: which parts are meant, field → pattern.
    judged: the field that is judged of each part; without it the parts are counted. bounds: for numbers, in base
    units; words: for texts, patterns of which one must fit.
    """

    name: str
    parts: str = ""
    fact: str = ""
    where: dict[str, str] = field(default_factory=dict)
    judged: str = ""
    bounds: Range | None = None
    words: tuple[str, ...] = ()
    remedy: str = ""
