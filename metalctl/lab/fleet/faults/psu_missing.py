"""A power supply's bay is empty."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Resource
from metalctl.lab.fleet.faults._supplies import OneSupply

# What a bay is, whether or not a supply is in it.
_OF_THE_BAY = ("@odata.id", "@odata.type", "Id", "MemberId", "Name")


class Broken(OneSupply):
    """The bay stays listed, as absent."""

    def damage(self) -> None:
        """Both views, its firmware, the log."""
        name = self.change(_bare)
        software = self.parts("SoftwareInventory", lambda one: one.get("Name") == name)
        for path in software:
            for listing in self.parts("SoftwareInventoryCollection"):
                if path in self.bmc.members(listing):
                    self.bmc.leave(listing, path)
        self.report(f"{name} is not there: power redundancy is lost.")


def _bare(supply: Resource) -> Resource:
    return {**{key: supply[key] for key in _OF_THE_BAY if key in supply}, "Status": {"State": "Absent"}}
