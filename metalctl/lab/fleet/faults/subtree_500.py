"""One subtree (default /Storage) answers HTTP 500 to every read, the rest is well.

It must cost that subtree, not the inventory, and not 30 s of retries.
"""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request, refusal


class Broken(Subtree):
    """The parameter is a piece of the path."""

    default = "/Storage"

    def before(self, request: Request) -> Answer | None:
        """HTTP 500."""
        return (
            refusal(500, "InternalError", "The request failed due to an internal error.")
            if self.hits(request)
            else None
        )
