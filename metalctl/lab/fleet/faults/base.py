"""What a fault is: a look at each request before it is answered, and at each answer before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from metalctl.lab.fleet.message import Answer, Request
from metalctl.lab.fleet.settings import FaultShare

if TYPE_CHECKING:
    from metalctl.lab.fleet.bmc import Bmc


class Fault:
    """parameter: what was written after the name, else the class's `default`. numeric: it has to be a number."""

    default: ClassVar[str] = ""
    numeric: ClassVar[bool] = False

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        self.bmc = bmc
        self.name = share.name
        self.parameter = share.parameter or self.default

    def before(self, request: Request) -> Answer | None:
        """An answer in place of the BMC's, or None."""
        return None

    def after(self, request: Request, answer: Answer) -> Answer:
        """The answer to send."""
        return answer


class Subtree(Fault):
    """A fault of the reads of one part of the tree; the parameter is a piece of the path."""

    def hits(self, request: Request) -> bool:
        """Whether the request reads that part."""
        return request.method == "GET" and self.parameter.lower() in request.path.lower()
