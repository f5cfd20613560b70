"""Every so many requests (default each 7th) the connection is closed without an answer."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request


class Broken(Fault):
    """The parameter is how many requests apart."""

    default = "7"
    numeric = True
    seen = 0

    def before(self, request: Request) -> Answer | None:
        """A closed connection, at times."""
        self.seen += 1
        return Answer(drop=True) if self.seen % max(1, int(float(self.parameter))) == 0 else None
