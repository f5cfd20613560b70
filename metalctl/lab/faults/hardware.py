"""What a hardware fault is: a part that is missing, broken or of the wrong sort, as a BMC tells of it from the start.

`damage` edits the resources of the one BMC. It changes all that a real BMC changes along: summaries, counts of members,
the event log. Parts are found by their type, so that a capture can be damaged too; a machine that has no such part
refuses the fault with BadFault.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.library import Library
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.errors import BadFault
from metalctl.lab.faults.base import Fault

Resource = dict[str, Any]
Test = Callable[[Resource], bool]


class Hardware(Fault, ABC):
    """damage: what the fault does, once, when the BMC begins to serve. took: paths of the parts that it chose."""

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        super().__init__(bmc, share)
        self.took: list[str] = []
        self.damage()

    @abstractmethod
    def damage(self) -> None:
        """Edits the BMC's resources; raises BadFault where there is nothing to damage."""

    def parts(self, kind: str, wanted: Test = lambda part: True) -> dict[str, Resource]:
        """Path → resource of the parts of a schema ("Drive") that are there now, in the tree's order."""
        found = {path: part for path in _paths(self.bmc.library, kind) if (part := self.bmc.resource(path))}
        return {path: part for path, part in found.items() if is_there(part) and wanted(part)}

    def pick(self, what: str, kind: str, wanted: Test = lambda part: True) -> tuple[str, Resource]:
        """The last such part that no other fault took; what: its name in the refusal when there is none."""
        found = {path: part for path, part in self.parts(kind, wanted).items() if self.free(path)}
        if not found:
            raise self.refusal(f"there is no {what}")
        path, part = list(found.items())[-1]
        self.took.append(path)
        return path, part

    def free(self, path: str) -> bool:
        """Whether no other fault of this machine has that part: two faults are two parts."""
        return all(path not in fault.took for fault in self.bmc.faults if isinstance(fault, Hardware))

    def refusal(self, why: str) -> BadFault:
        """This machine cannot have the fault."""
        return BadFault(f"fault {self.name}: {why} in this tree", hint="use another --tree, --capture or fault")

    def system(self) -> tuple[str, Resource]:
        for path in self.bmc.systems():
            if found := self.bmc.resource(path):
                return path, found
        raise self.refusal("there is no system")

    def summarize(self, summary: str, **values: Any) -> None:
        """What the system sums up ("MemorySummary") changes, as far as it states it."""
        path, system = self.system()
        before = system.get(summary)
        if isinstance(before, dict):
            stated = {name: value for name, value in values.items() if name in before}
            self.bmc.update(path, **{summary: {**before, **stated}})

    def report(self, message: str, severity: str = "Critical") -> None:
        """The system's health, and an entry in its event log, if it keeps one."""
        path, system = self.system()
        status = system.get("Status")
        if isinstance(status, dict) and status.get("HealthRollup") in ("OK", "Warning"):
            self.bmc.update(path, Status={**status, "HealthRollup": severity})
        log = next((p for p in _paths(self.bmc.library, "LogEntryCollection") if p.startswith(path)), "")
        if log:
            # Above the numbers that the log's own entries have, also after other faults.
            number = 1000 + len(self.bmc.members(log))
            about = {"EntryType": "SEL", "Severity": severity, "Created": self.bmc.clock(), "Message": message}
            head = {"@odata.type": "#LogEntry.v1_15_0.LogEntry", "Id": str(number), "Name": f"Entry {number}"}
            self.bmc.join(log, f"{log}/{number}", {**head, **about})

    def setting(self, names: tuple[str, ...], value: str, needed: bool = True) -> None:
        """A BIOS attribute, by the first of its makers' names that this BIOS has; needed: refuse where it has none."""
        for path, bios in self.parts("Bios", lambda one: isinstance(one.get("Attributes"), dict)).items():
            for name in names:
                if name in bios["Attributes"]:
                    self.bmc.update(path, Attributes={**bios["Attributes"], name: value})
                    return
        if needed:
            raise self.refusal(f"the BIOS has none of {', '.join(names)}")


def is_there(part: Resource) -> bool:
    """Whether it is no empty bay, slot or socket."""
    status = part.get("Status")
    return not (isinstance(status, dict) and status.get("State") == "Absent")


def is_well(part: Resource) -> bool:
    """Whether it is there, and nothing is said against it."""
    status = part.get("Status")
    return is_there(part) and not (isinstance(status, dict) and status.get("Health") == "Critical")


def ill(part: Resource, severity: str = "Critical", **state: str) -> Resource:
    """Its Status with another health."""
    before = part.get("Status")
    return {**(before if isinstance(before, dict) else {}), "Health": severity, **state}


@lru_cache(maxsize=256)
def _paths(library: Library, kind: str) -> tuple[str, ...]:
    """Paths of the resources of a schema, in the tree's order. A fleet has one library and asks it once a BMC."""
    prefix = f"#{kind}."
    return tuple(path for path, one in library.tree.items() if str(one.get("@odata.type", "")).startswith(prefix))
