"""After a power-off, every change is answered 409 for a while (default 3 s), as iDRAC10 does."""

from __future__ import annotations

import time

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, refusal


class Broken(Fault):
    """The parameter is seconds."""

    default = "3"
    numeric = True
    until = 0.0

    def before(self, request: Request) -> Answer | None:
        """409 while it is busy."""
        if request.method in ("POST", "PATCH") and "/Sessions" not in request.path and time.monotonic() < self.until:
            return refusal(409, "ResourceInUse", "The resource is in use; try again later.", {"Retry-After": "1"})
        return None

    def after(self, request: Request, answer: Answer) -> Answer:
        """Off begins it."""
        off = (request.json() or {}).get("ResetType") in ("ForceOff", "GracefulShutdown", "PowerCycle")
        if off and request.path.endswith("ComputerSystem.Reset") and answer.status < 300:
            self.until = time.monotonic() + float(self.parameter)
        return answer
