"""The last member of a list (default /Memory) is listed, and answers HTTP 404."""

from __future__ import annotations

from metalctl.lab.fleet.faults._members import LastMember


class Broken(LastMember):
    """The parameter is the list's path below the system."""

    def damage(self, path: str) -> None:
        """It is no more, and stays in the list."""
        self.bmc.remove(path)
