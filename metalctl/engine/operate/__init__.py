"""What an operator may do to nodes. Each verb is one file: idempotent, in the audit trail with who and why, and refused
with the reason where it would do harm. The command line and the pages call the same functions.
"""

from __future__ import annotations

from metalctl.engine.operate.again import again
from metalctl.engine.operate.backup import backup
from metalctl.engine.operate.base import Done, who
from metalctl.engine.operate.cancel import cancel
from metalctl.engine.operate.forget import forget
from metalctl.engine.operate.hold import hold, resume
from metalctl.engine.operate.park import park, unpark
from metalctl.engine.operate.priority import prioritize
from metalctl.engine.operate.prune import prune
from metalctl.engine.operate.quarantine import quarantine, release
from metalctl.engine.operate.readdress import readdress
from metalctl.engine.operate.rename import rename
from metalctl.engine.operate.restore import restore

__all__ = [
    "Done",
    "again",
    "backup",
    "cancel",
    "forget",
    "hold",
    "park",
    "prioritize",
    "prune",
    "quarantine",
    "readdress",
    "release",
    "rename",
    "restore",
    "resume",
    "unpark",
    "who",
]
