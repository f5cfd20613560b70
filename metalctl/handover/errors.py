"""Errors of the handover room.

HandoverError           the one root; fields: target, node where known
├── UnknownTarget       (UsageError) no file of that name in clouds/
├── NotAccepted         (UsageError) the node has not passed the stage `accepted`: it is not handed over
├── Incomplete          the dossier lacks what the target needs (no address, no stable disk path, no interface)
├── NotConfigured       (UsageError) a setting that the target needs is empty
├── Unreachable         the target's API does not answer, or answers with an error
└── InUse               the target says that the machine is in use or is another one: it is left alone
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError, UsageError


class HandoverError(MetalctlError):
    """The root of the room."""


class UnknownTarget(HandoverError, UsageError):
    """No such target."""


class NotAccepted(HandoverError, UsageError):
    """Not accepted, not handed over."""


class Incomplete(HandoverError):
    """The dossier lacks something."""


class NotConfigured(HandoverError, UsageError):
    """A setting is empty."""


class Unreachable(HandoverError):
    """No usable answer."""


class InUse(HandoverError):
    """Somebody else's, or working: hands off."""
