"""A task is gone after it was asked for once, and what it was to do never happens.

Firmware and BIOS changes "succeed" unapplied: only re-reading tells.
"""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request


class Broken(Fault):
    """Pending settings are dropped as soon as they are accepted."""

    def after(self, request: Request, answer: Answer) -> Answer:
        """Forgets."""
        if answer.status == 202 and request.method == "PATCH":
            self.bmc.pending.clear()
        elif request.method == "GET" and answer.status == 202:
            self.bmc.tasks.vanish()
        return answer
