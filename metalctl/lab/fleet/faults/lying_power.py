"""After a reset, the first read of the system tells the state that was wanted; it is reached only later (3 s).

"Powered off" told from what was wanted, not from what is.
"""

from __future__ import annotations

import json
import time

from metalctl.lab.fleet import power
from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, dump

_WANTED = {"On": "On", "ForceOn": "On", "ForceOff": "Off", "GracefulShutdown": "Off"}


class Broken(Fault):
    """The parameter is the seconds until it is true."""

    default = "3"
    numeric = True
    lie = ""
    until = 0.0

    def before(self, request: Request) -> Answer | None:
        """The command is taken, and carried out later."""
        owner, action, _ = request.path.partition("/Actions/ComputerSystem.Reset")
        if request.method != "POST" or not action or self.bmc.auth.refuses(request):
            return None
        kind = str((request.json() or {}).get("ResetType"))
        state = (self.bmc.resource(self.bmc.library.canonical(owner)) or {}).get("PowerState")
        if _WANTED.get(kind, state) == state:
            return None
        self.lie = _WANTED[kind]
        self.until = time.monotonic() + float(self.parameter)
        self.bmc.later(float(self.parameter), lambda: self._carry_out(owner, kind))
        return Answer(204)

    def after(self, request: Request, answer: Answer) -> Answer:
        """The lie, told once."""
        if self.lie and request.method == "GET" and answer.status == 200 and b'"PowerState"' in answer.body:
            answer.body = dump({**json.loads(answer.body), "PowerState": self.lie})
            self.lie = ""
        return answer

    def _carry_out(self, owner: str, kind: str) -> None:
        self.lie = ""
        power.reset(self.bmc, self.bmc.library.canonical(owner), kind)
