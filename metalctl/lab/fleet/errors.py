"""Errors of the fleet simulator.

FleetError              (LabError) the simulator cannot be started as asked
├── BadCapture          (UsageError) a capture or tree that cannot be read
└── BadFault            (UsageError) no fault of that name, or a rate that is none
"""

from __future__ import annotations

from metalctl.lab.errors import LabError
from metalctl.model.errors import UsageError


class FleetError(LabError):
    """The simulated BMCs cannot be started."""


class BadCapture(FleetError, UsageError):
    """Nothing that can be served as a BMC."""


class BadFault(FleetError, UsageError):
    """A --fault that cannot be understood."""
