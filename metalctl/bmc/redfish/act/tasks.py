"""A task of the BMC, followed to its end (DSP0266, 12.2). What the task says is not the proof: who called re-reads.

A task that vanishes is neither success nor failure ("gone"): some BMCs forget a task the moment it ends, others when
they restart in the middle of it (Ironic's notes on firmware updates that silently did nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metalctl.bmc.errors import BadAnswer, Busy, Missing, TaskFailed, Unreachable
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.client.http import Response
from metalctl.bmc.redfish.schema.body import lenient
from metalctl.bmc.redfish.schema.values import text

POLL = 5.0
_ENDED = frozenset({"Completed"})
_BAD = frozenset({"Exception", "Killed", "Cancelled", "Interrupted", "Failed", "CompletedWithErrors"})


def task_of(answer: Response) -> str:
    """The path of the task that an answer started, "" when it started none."""
    if answer.status == 202 and (location := answer.headers.get("Location", "")):
        return "/" + location.partition("://")[2].partition("/")[2] if "://" in location else location
    task = lenient(answer.body)
    found = task.get("@odata.id")
    return found if isinstance(found, str) and "TaskState" in task else ""


def follow(wire: Wire, path: str) -> str:
    """Wait for the end of a task, `task_lasts` seconds at most: "done" or "gone". Raises TaskFailed."""
    lasts = wire.quirks.task_lasts
    state = wire.clock.until(lambda: _state(wire, path), lambda state: state in ("done", "gone"), lasts, POLL)
    if state in ("done", "gone"):
        return state
    hint = "look at the BMC's job queue; a job may wait for a reboot"
    told = f"is still {state or 'silent'} after {lasts:g} s"
    raise TaskFailed(f"{wire.name}: task {path} {told}", hint=hint, task=path, state=state)


def settle(wire: Wire, answer: Response) -> None:
    """Wait for the task that an answer started, if it started one. Raises TaskFailed."""
    if path := task_of(answer):
        follow(wire, path)


def check(wire: Wire, path: str) -> bool:
    """Look once: whether the task still has something to do. Raises TaskFailed when it has ended badly already."""
    return bool(path) and _state(wire, path) not in ("done", "gone")


def _state(wire: Wire, path: str) -> str:
    try:
        task = wire.get(path)
    except Missing:
        return "gone"
    except (Unreachable, Busy):
        return ""  # a BMC that is away for a moment ends no task
    except BadAnswer as error:
        # A task monitor answers the result itself when the task has ended, which may have no body (204).
        return "" if "status" in error.fields else "done"
    state = text(task, "TaskState", "JobState")
    if state in _BAD:
        raise TaskFailed(
            f"{wire.name}: task {path} ended as {state}: {_said(task) or 'no reason given'}",
            hint="see the BMC's log",
            task=path,
            state=state,
        )
    return "done" if state in _ENDED or not state else state


def _said(task: Mapping[str, Any]) -> str:
    rows = task.get("Messages")
    found = [str(row.get("Message", "")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return "; ".join(one for one in found if one)[:300]
