"""One subtree (default /Processors) answers 200 with an HTML page."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request


class Broken(Subtree):
    """The parameter is a piece of the path."""

    default = "/Processors"

    def before(self, request: Request) -> Answer | None:
        """The web interface's start page."""
        page = b"<html><body>Please enable JavaScript to use this BMC.</body></html>"
        return Answer(200, page, content_type="text/html") if self.hits(request) else None
