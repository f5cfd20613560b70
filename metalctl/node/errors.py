"""What can go wrong in the node room.

NodeError                   the root of the room
├── JournalExists           a run id was started before; its journal is kept
├── ToolFailed              a tool is missing, hung, ended with an error, or wrote something that cannot be read
│   └── fio, iperf and kvm raise their own kinds of it
└── Refused                 the guard does not let a disk be written (metalctl.node.guard)
"""

from __future__ import annotations

from metalctl.model.errors import MetalctlError


class NodeError(MetalctlError):
    """Root of the errors raised on a node."""


class JournalExists(NodeError):
    """The journal of this run id exists: the run was started before."""


class ToolFailed(NodeError):
    """A tool could not tell: missing, hung, non-zero exit, unreadable output. Never about the hardware."""


class HardwareFault(NodeError):
    """The hardware failed while it was used, such as an I/O error of a disk. The only error that is a FAIL."""


class Refused(NodeError):
    """The guard refuses an action on a disk; `fields["reasons"]` says why."""
