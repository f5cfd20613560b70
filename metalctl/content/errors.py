"""Errors of the content room.

ContentError            the one root
├── ContentMissing      no root of the content path holds the file; `fields["roots"]` lists those searched
├── PluginError         (UsageError) a plug-in of the site is broken, or other users can write to it
└── ProfileError        a profile is wrong; `problems` holds every mistake with its place (exit code 2)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from metalctl.model.errors import MetalctlError, UsageError

MOST_TOLD = 50


class ContentError(MetalctlError):
    """Site content cannot be found or read."""


class ContentMissing(ContentError):
    """Nothing of that name on the content path."""


class PluginError(ContentError, UsageError):
    """A plug-in that is not loaded, or that failed; the message names its file, and the line where one is known."""


class Place(NamedTuple):
    """Where something is written. line and column count from 1; 0: not known, the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """As an editor jumps to it."""
        return ":".join(str(part) for part in self if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file."""

    place: Place
    message: str
    hint: str = ""

    @property
    def file(self) -> str:
        """The file that it is in."""
        return self.place.file

    @property
    def line(self) -> int:
        """The line, from 1; 0 is the file as a whole."""
        return self.place.line

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.place}: {self.message}" + (f"\n  → {self.hint}" if self.hint else "")


class Mistakes(UsageError):
    """Files that cannot be used: every mistake at once, in `problems`, each once and in the order of the files."""

    def __init__(self, problems: Iterable[Problem], *, heading: str = "", hint: str = "", **fields: object) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda p: p.place[:2]))
        told = [*([heading] if heading else []), *map(str, self.problems[:MOST_TOLD])]
        if len(self.problems) > MOST_TOLD:
            told.append(f"and {len(self.problems) - MOST_TOLD} more")
        hint = hint if any(p.line for p in self.problems) else ""  # no line is to be corrected in what is not there
        super().__init__("\n".join(told), hint=hint, problems=[str(p) for p in self.problems], **fields)


class ProfileError(ContentError, Mistakes):
    """A profile that cannot be used; nothing was changed."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        count = len(problems)
        heading = f"profile {name} has {count} mistake{'' if count == 1 else 's'}"
        super().__init__(problems, heading=heading, profile=name)
