"""Faults of acting: changes that are refused, put off or forgotten, and a clock that is wrong."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta

from metalctl.lab.bmc import power
from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.changes import change
from metalctl.lab.bmc.message import Request, Response, dump, refusal
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.faults.base import Fault
from metalctl.lab.spec import Node

_RESET = "/Actions/ComputerSystem.Reset"
_WANTED = {"On": "On", "ForceOn": "On", "ForceOff": "Off", "GracefulShutdown": "Off"}


class Busy409(Fault, name="busy-409"):
    """After a power-off, every change is answered 409 for a while (default 3 s), as iDRAC10 does."""

    default = "3"
    numeric = True
    until = 0.0

    def before(self, request: Request) -> Response | None:
        if request.method in ("POST", "PATCH") and "/Sessions" not in request.path and time.monotonic() < self.until:
            return refusal(409, "ResourceInUse", "The resource is in use; try again later.", {"Retry-After": "1"})
        return None

    def after(self, request: Request, answer: Response) -> Response:
        off = (request.json() or {}).get("ResetType") in ("ForceOff", "GracefulShutdown", "PowerCycle")
        if off and request.path.endswith("ComputerSystem.Reset") and answer.status < 300:
            self.until = time.monotonic() + float(self.parameter)
        return answer


class Precondition412(Fault, name="precondition-412"):
    """A change needs If-Match with the current ETag (412 without), and the first one is refused even with it.

    MegaRAC and others answer so: the ETag has to be read again and the change repeated.
    """

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        self._refused: set[str] = set()

    def before(self, request: Request) -> Response | None:
        """PATCH only: actions carry no ETag."""
        if request.method != "PATCH":
            return None
        first = request.path not in self._refused
        self._refused.add(request.path)
        if first or not request.header(b"if-match"):
            return refusal(412, "PreconditionFailed", "The ETag is not that of the resource.")
        return None


class BootInSettings(Fault, name="boot-in-settings"):
    """The boot override is read-only on the system (400) and is taken by the settings object that the system names.

    iDRAC10 and boards of others answer so; what is written to SYSTEM/Settings shows in the system too.
    """

    def before(self, request: Request) -> Response | None:
        for system in self.bmc.systems():
            if request.method == "PATCH" and request.path == system and "Boot" in (request.json() or {}):
                return refusal(400, "PropertyNotWritable", "The property Boot is a read only property.")
            if request.path == f"{system}/Settings":
                return self._settings(request, system)
        return None

    def after(self, request: Request, answer: Response) -> Response:
        if request.method == "GET" and answer.status == 200 and request.path in self.bmc.systems():
            stated = {"SettingsObject": {"@odata.id": f"{request.path}/Settings"}}
            answer.body = dump({**json.loads(answer.body), "@Redfish.Settings": stated})
        return answer

    def _settings(self, request: Request, system: str) -> Response:
        if request.method == "PATCH":
            return change(self.bmc, system, request.json() or {})
        boot = (self.bmc.resource(system) or {}).get("Boot", {})
        own = {"@odata.id": request.path, "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem", "Id": "Settings"}
        return Response(200, dump({**own, "Name": "Pending settings", "Boot": boot}))


class MediaDemands(Fault, name="media-demands"):
    """InsertMedia is refused (400) until the request names the transfer and gives a login, empty as it may be.

    One missing parameter at a time is named, as BMCs do. The fault's parameter is the list of what is demanded.
    """

    default = "TransferProtocolType,TransferMethod,UserName,Password"

    def before(self, request: Request) -> Response | None:
        if request.method != "POST" or not request.path.endswith("VirtualMedia.InsertMedia"):
            return None
        given = request.json() or {}
        missing = next((name for name in self.parameter.split(",") if name not in given), "")
        text = f"The action InsertMedia requires that the parameter {missing} be present in the request body."
        return refusal(400, "ActionParameterMissing", text) if missing else None


class StuckReset(Fault, name="stuck-reset"):
    """A reset is accepted and never happens: the power state stays what it was."""

    def before(self, request: Request) -> Response | None:
        """Only the system's reset; the manager's works."""
        stuck = request.method == "POST" and request.path.endswith(_RESET)
        return Response(204) if stuck and not self.bmc.auth.refuses(request) else None


class LyingPower(Fault, name="lying-power"):
    """After a reset, the first read of the system tells the state that was wanted; it is reached only later (3 s).

    "Powered off" told from what was wanted, not from what is.
    """

    default = "3"
    numeric = True
    lie = ""

    def before(self, request: Request) -> Response | None:
        """The command is taken, and carried out later."""
        owner, action, _ = request.path.partition(_RESET)
        if request.method != "POST" or not action or self.bmc.auth.refuses(request):
            return None
        kind = str((request.json() or {}).get("ResetType"))
        state = (self.bmc.resource(self.bmc.library.canonical(owner)) or {}).get("PowerState")
        if _WANTED.get(kind, state) == state:
            return None
        self.lie = _WANTED[kind]
        self.bmc.later(float(self.parameter), lambda: self._carry_out(owner, kind))
        return Response(204)

    def after(self, request: Request, answer: Response) -> Response:
        if self.lie and request.method == "GET" and answer.status == 200 and b'"PowerState"' in answer.body:
            answer.body = dump({**json.loads(answer.body), "PowerState": self.lie})
            self.lie = ""
        return answer

    def _carry_out(self, owner: str, kind: str) -> None:
        self.lie = ""
        power.reset(self.bmc, self.bmc.library.canonical(owner), kind)


class VanishingTask(Fault, name="vanishing-task"):
    """A task is gone after it was asked for once, and what it was to do never happens.

    Firmware and BIOS changes "succeed" unapplied: only re-reading tells.
    """

    def after(self, request: Request, answer: Response) -> Response:
        if answer.status == 202 and request.method == "PATCH":
            self.bmc.pending.clear()
        elif request.method == "GET" and answer.status == 202:
            self.bmc.tasks.vanish()
        return answer


class ClockSkew(Fault, name="clock-skew", rack=("clock-skew",)):
    """The BMC's clock is ahead (default 86400 s); a negative number is behind. Setting the clock repairs it."""

    default = "86400"
    numeric = True

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        bmc.clock_offset = timedelta(seconds=float(self.parameter))

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        """Two hours behind."""
        return replace(node, clock_skew=-7200)
