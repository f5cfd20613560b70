"""A reset is accepted and never happens: the power state stays what it was."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request


class Broken(Fault):
    """Only the system's reset; the manager's works."""

    def before(self, request: Request) -> Answer | None:
        """204, and nothing else."""
        stuck = request.method == "POST" and request.path.endswith("/Actions/ComputerSystem.Reset")
        return Answer(204) if stuck and not self.bmc.auth.refuses(request) else None
