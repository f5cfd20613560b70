"""Errors of the content room.

ContentError            the one root
└── ContentMissing      no root of the content path holds the file; `fields["roots"]` lists those searched
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError


class ContentError(MetalctlError):
    """Site content cannot be found or read."""


class ContentMissing(ContentError):
    """Nothing of that name on the content path."""
