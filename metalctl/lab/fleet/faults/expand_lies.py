"""$expand is advertised and not honoured: the members come as mere links."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request


class Broken(Fault):
    """The query is overheard."""

    def before(self, request: Request) -> Answer | None:
        """Takes the query away."""
        if "expand" in request.query:
            request.query = ""
        return None
