"""Errors of the engine room.

EngineError
├── Locked           another metalctl serves this state directory
├── NoService        nothing serves and nothing may be started here
├── SettingsMistakes (UsageError) the settings file has mistakes (in settings.py)
└── RemoteError      the node could not be reached or did not do as told (transient)
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class EngineError(MetalctlError):
    """The engine could not do its work; this is not about the hardware."""


class Locked(EngineError, UsageError):
    """The state directory is in use by another service."""


class NoService(EngineError):
    """There is no service to hand work to."""


class RemoteError(EngineError):
    """SSH to the node failed; it is tried again until the stage's time is up."""
