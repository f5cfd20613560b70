"""Errors of the store room.

StoreError
└── NotFound       no such node, enrollment or batch
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class StoreError(MetalctlError):
    """The database or an artifact could not be read or written."""


class NotFound(StoreError, UsageError):
    """Nothing of that name is remembered."""
