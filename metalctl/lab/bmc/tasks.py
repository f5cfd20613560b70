"""Tasks: what was accepted and is not done yet. The monitor answers 202 until it is."""

from __future__ import annotations

from typing import Any

from metalctl.lab.bmc.message import Response, dump
from metalctl.lab.bmc.state import State

_DONE = frozenset({"Completed", "Exception", "Cancelled"})


class Tasks:
    """The tasks of one BMC."""

    def __init__(self, bmc: State) -> None:
        self._bmc = bmc
        self._monitors: dict[str, str] = {}
        self._waiting: dict[str, str] = {}

    def accept(self, name: str, waits_for: str) -> Response:
        """A new task that waits for the next boot of a system (its path): 202 with the monitor's Location."""
        collection = self._bmc.link("Tasks", "Tasks") or "/redfish/v1/TaskService/Tasks"
        number = len(self._monitors) + 1
        path = f"{collection}/{number}"
        monitor = f"{collection.rsplit('/', 1)[0]}/TaskMonitors/{number}"
        resource = {
            "@odata.type": "#Task.v1_4_3.Task",
            "Id": str(number),
            "Name": name,
            "TaskState": "Pending",
            "TaskStatus": "OK",
            "PercentComplete": 0,
            "StartTime": self._bmc.clock(),
            "TaskMonitor": monitor,
        }
        self._bmc.join(collection, path, resource)
        self._monitors[monitor] = path
        self._waiting[path] = waits_for
        return Response(202, dump(self._bmc.resource(path)), headers=(("Location", monitor), ("Retry-After", "1")))

    def monitor(self, path: str) -> Response | None:
        """The answer of a monitor: 202 while the task is not done, then 200 with the task; None: no monitor."""
        task = self._bmc.resource(self._monitors.get(path, ""))
        if task is None:
            return None
        if task["TaskState"] in _DONE:
            return Response(200, dump(task))
        return Response(202, dump(task), headers=(("Location", path), ("Retry-After", "1")))

    def booted(self, system: str) -> None:
        """The system booted: what waited for it is done."""
        done: dict[str, Any] = {"TaskState": "Completed", "PercentComplete": 100, "EndTime": self._bmc.clock()}
        for path, waits_for in list(self._waiting.items()):
            if waits_for == system:
                self._bmc.update(path, **done)
                del self._waiting[path]

    def vanish(self) -> None:
        """Every task is forgotten, as a BMC with a fault does."""
        for path in self._monitors.values():
            self._bmc.leave(path.rsplit("/", 1)[0], path)
        self._monitors.clear()
        self._waiting.clear()

    def delete(self, path: str) -> Response:
        self._bmc.leave(path.rsplit("/", 1)[0], path)
        self._monitors = {monitor: task for monitor, task in self._monitors.items() if task != path}
        self._waiting.pop(path, None)
        return Response(204)

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(self._monitors.values())
