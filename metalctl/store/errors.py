"""Errors of the store room.

StoreError
├── NotFound       no such node, enrollment or batch
└── Conflict       what was asked for is already there
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class StoreError(MetalctlError):
    """The database or an artifact could not be read or written."""


class NotFound(StoreError, UsageError):
    """Nothing of that name is remembered."""


class Conflict(StoreError, UsageError):
    """Something of that name is already remembered."""
