"""InsertMedia is refused (400) until the request names the transfer and gives a login, empty as it may be.

The refusal names one missing parameter at a time, as BMCs do.
"""

from __future__ import annotations

from typing import ClassVar

from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, refusal


class Broken(Fault):
    """The parameter of the fault is the list of what is demanded."""

    default: ClassVar[str] = "TransferProtocolType,TransferMethod,UserName,Password"

    def before(self, request: Request) -> Answer | None:
        """The first that is missing."""
        if request.method != "POST" or not request.path.endswith("VirtualMedia.InsertMedia"):
            return None
        given = request.json() or {}
        missing = next((name for name in self.parameter.split(",") if name not in given), "")
        text = f"The action InsertMedia requires that the parameter {missing} be present in the request body."
        return refusal(400, "ActionParameterMissing", text) if missing else None
