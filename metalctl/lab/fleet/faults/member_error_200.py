"""The last member of a list (default /Processors) answers HTTP 200 with an error instead of itself."""

from __future__ import annotations

from metalctl.lab.fleet.faults._members import LastMember


class Broken(LastMember):
    """The parameter is the list's path below the system."""

    default = "/Processors"

    def damage(self, path: str) -> None:
        """An error is stored in its place."""
        self.bmc.put(path, {"error": {"code": "Base.1.8.GeneralError", "message": "The request failed."}})
