"""Errors of the content room.

ContentError            the one root
├── ContentMissing      no root of the content path holds the file; `fields["roots"]` lists those searched
└── ProfileError        a profile is wrong; `problems` holds every mistake with file and line (exit code 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metalctl.model.errors import MetalctlError, UsageError


class ContentError(MetalctlError):
    """Site content cannot be found or read."""


class ContentMissing(ContentError):
    """Nothing of that name on the content path."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file of content. line counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """As a person reads it, and as an editor jumps to it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" + (f"\n  → {self.hint}" if self.hint else "")


class ProfileError(ContentError, UsageError):
    """A profile that cannot be used; nothing was changed."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        count = len(problems)
        heading = f"profile {name} has {count} mistake{'' if count == 1 else 's'}"
        super().__init__("\n".join([heading, *map(str, problems)]), profile=name, problems=[str(p) for p in problems])
        self.problems = tuple(problems)
