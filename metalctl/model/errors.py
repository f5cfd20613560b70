"""The one root of every error that metalctl raises on purpose.

    MetalctlError                 message for a person, hint = what to do next, fields for machines
    ├── UsageError                the caller's input is wrong (exit code 2)
    └── <room>Error               one root a room, in metalctl/<room>/errors.py

What a person reads is formatted in one place, `describe`.
"""

from __future__ import annotations


class MetalctlError(Exception):
    """An expected failure: `message` says what happened, `hint` what to do next, `fields` carry the facts."""

    def __init__(self, message: str, *, hint: str = "", **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields = fields


class UsageError(MetalctlError):
    """The input is wrong; nothing was changed."""


def describe(error: MetalctlError) -> str:
    """The error as a person reads it: what happened, then what to do next."""
    return f"{error.message}\n  → {error.hint}" if error.hint else error.message


def why_unreadable(error: Exception) -> str:
    """Why a file cannot be read, as it stands after the file's name."""
    if isinstance(error, FileNotFoundError):
        return "file not found"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
