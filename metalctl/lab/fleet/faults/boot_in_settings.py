"""The boot override is read-only on the system (400) and is taken by the settings object that the system names.

iDRAC10 and boards of others answer so; what is written there shows in the system too.
"""

from __future__ import annotations

import json

from metalctl.lab.fleet.changes import change
from metalctl.lab.fleet.faults.base import Fault
from metalctl.lab.fleet.message import Answer, Request, dump, refusal


class Broken(Fault):
    """The settings object is SYSTEM/Settings."""

    def before(self, request: Request) -> Answer | None:
        """The system's own Boot is refused; the settings object shows and changes it."""
        for system in self.bmc.systems():
            if request.method == "PATCH" and request.path == system and "Boot" in (request.json() or {}):
                return refusal(400, "PropertyNotWritable", "The property Boot is a read only property.")
            if request.path == f"{system}/Settings":
                return self._settings(request, system)
        return None

    def after(self, request: Request, answer: Answer) -> Answer:
        """The system names its settings object."""
        if request.method == "GET" and answer.status == 200 and request.path in self.bmc.systems():
            stated = {"SettingsObject": {"@odata.id": f"{request.path}/Settings"}}
            answer.body = dump({**json.loads(answer.body), "@Redfish.Settings": stated})
        return answer

    def _settings(self, request: Request, system: str) -> Answer:
        if request.method == "PATCH":
            return change(self.bmc, system, request.json() or {})
        boot = (self.bmc.resource(system) or {}).get("Boot", {})
        own = {"@odata.id": request.path, "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem", "Id": "Settings"}
        return Answer(200, dump({**own, "Name": "Pending settings", "Boot": boot}))
