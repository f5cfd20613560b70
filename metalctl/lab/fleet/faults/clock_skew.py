"""The BMC's clock is ahead (default 86400 s); a negative number is behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.settings import FaultShare

if TYPE_CHECKING:
    from metalctl.lab.fleet.bmc import Bmc


class Broken(Fault):
    """The parameter is seconds. Setting the clock mends it."""

    default = "86400"
    numeric = True

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        bmc.clock_offset = timedelta(seconds=float(self.parameter))
