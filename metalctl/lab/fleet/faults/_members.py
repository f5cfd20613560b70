"""Faults of one member of a list: the list names it, and it cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.settings import FaultShare

if TYPE_CHECKING:
    from metalctl.lab.fleet.bmc import Bmc


class LastMember(Fault):
    """The last member of one list of each system; the parameter is the list's path below the system."""

    default = "/Memory"

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        for system in bmc.systems():
            if members := bmc.members(f"{system}{self.parameter}"):
                self.damage(members[-1])

    def damage(self, path: str) -> None:
        """What happens to it."""
        raise NotImplementedError
