"""Errors of the emulated rack and of the simulated BMCs.

LabError                    root of the room
├── RackFileError           rack.yaml is wrong: a node is to have a fault that needs what it has not
│   └── RackFileMistakes    every mistake of the file at once, in `problems`
├── LabStateError           the lab is up already, is not up, or its name is not usable
├── LabPrerequisiteError    not root, a package is missing, namespaces are not permitted
├── PartError               a part did not start or stopped; `part` and `tail` (the end of its log)
├── CommandError            a command that sets the rack up failed; `command`, `output`
└── FleetError              the simulated BMCs cannot be started as asked
    ├── BadCapture          a capture or tree that cannot be read
    └── BadFault            there is not a fault of that name, or its share is not a number
"""

from __future__ import annotations

from metalctl.content.errors import Mistakes
from metalctl.model.errors import MetalctlError, UsageError


class LabError(MetalctlError):
    """Something about the emulated rack failed."""


class RackFileError(LabError, UsageError):
    """rack.yaml is wrong; nothing was started."""


class RackFileMistakes(RackFileError, Mistakes):
    """Every mistake of rack.yaml; nothing was started."""


class LabStateError(LabError, UsageError):
    """The lab is not in the state that the command needs."""


class LabPrerequisiteError(LabError):
    """This machine cannot hold an emulated rack as it is."""


class PartError(LabError):
    """A part of the rack did not come up or went away."""


class CommandError(LabError):
    """A command that builds or takes down the rack failed."""


class FleetError(LabError):
    """The simulated BMCs cannot be started."""


class BadCapture(FleetError, UsageError):
    """Nothing that can be served as a BMC."""


class BadFault(FleetError, UsageError):
    """A --fault that cannot be understood."""
