"""A change needs If-Match with the current ETag (412 without), and the first one is refused even with it.

MegaRAC and others answer so: the ETag has to be read again and the change repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, refusal
from metalctl.lab.fleet.settings import FaultShare

if TYPE_CHECKING:
    from metalctl.lab.fleet.bmc import Bmc


class Broken(Fault):
    """PATCH only: actions carry no ETag."""

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        self._refused: set[str] = set()

    def before(self, request: Request) -> Answer | None:
        """412, once for each resource and always without If-Match."""
        if request.method != "PATCH":
            return None
        first = request.path not in self._refused
        self._refused.add(request.path)
        if first or not request.header(b"if-match"):
            return refusal(412, "PreconditionFailed", "The ETag is not that of the resource.")
        return None
