"""One subtree (default /FirmwareInventory) answers with a body that never ends."""

from __future__ import annotations

from metalctl.lab.fleet.faults.base import Subtree
from metalctl.lab.fleet.message import Answer, Request


class Broken(Subtree):
    """The parameter is a piece of the path."""

    default = "/FirmwareInventory"

    def before(self, request: Request) -> Answer | None:
        """Bytes for ever."""
        return Answer(200, endless=True) if self.hits(request) else None
