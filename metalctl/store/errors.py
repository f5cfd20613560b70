"""Errors of the store room.

StoreError
├── NotFound       no such node, enrollment or batch
├── Fenced         another service has taken over
└── Stale          what was to be written belongs to a state that is no more
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class StoreError(MetalctlError):
    """The database or an artifact could not be read or written."""


class NotFound(StoreError, UsageError):
    """Nothing of that name is remembered."""


class Stale(StoreError):
    """Somebody else wrote since it was read: what was to be written is out of date and is dropped."""


class Fenced(StoreError):
    """This service was replaced by another one and may not act on nodes any more."""
