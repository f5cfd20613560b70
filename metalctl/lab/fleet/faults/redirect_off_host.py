"""One subtree (default /Chassis) redirects to another host, where a credential must never go."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request


class Broken(Subtree):
    """The parameter is a piece of the path. The other host is on loopback, and nobody listens there."""

    default = "/Chassis"

    def before(self, request: Request) -> Answer | None:
        """302."""
        there = f"https://127.66.66.66:9{request.path}"
        return Answer(302, headers=(("Location", there),)) if self.hits(request) else None
