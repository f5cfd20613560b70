"""The rack's daemons: started detached, known by pid and start time, ended by pid, and never silently gone.

A part has a record `parts/NAME.json` ({"pid", "started"}) and a log `log/NAME.log`. A pid alone could belong to another
process by now: the start time that the kernel keeps tells them apart.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from metalctl.content import programs
from metalctl.lab.errors import PartError
from metalctl.lab.rack.paths import LabPaths

_TAIL_BYTES = 2000
_POLL = 0.05
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class PartState:
    """How a part is: `state` is "running", "off" (a node that is powered off) or "dead"; `tail` its last words."""

    name: str
    pid: int | None
    state: str
    tail: str = ""


def start(paths: LabPaths, name: str, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Starts the part in a session of its own, its output in its log; gives its pid."""
    paths.logs.mkdir(exist_ok=True)
    paths.parts.mkdir(exist_ok=True)
    with (paths.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={**programs.environment(), **(environment or {})},
        )
    record = {"pid": process.pid, "started": start_time(process.pid)}
    (paths.parts / f"{name}.json").write_text(json.dumps(record))
    process.returncode = 0  # it is not ours to wait for: without this, Popen warns when it is collected
    return process.pid


def wait(paths: LabPaths, name: str, ready: Callable[[], bool], deadline: float = 30.0) -> None:
    """Waits until the part serves. Raises `PartError` with the end of its log where it died or did not get there."""
    end = time.monotonic() + deadline
    while not ready():
        dead = state(paths, name).state == "dead"
        if dead or time.monotonic() > end:
            tail = log_tail(paths, name)
            what = "ended while it started" if dead else f"was not ready after {deadline:.0f} s"
            raise PartError(
                f"{name} {what}; the end of its log:\n{tail or '(empty)'}",
                hint="the lines above say why; `metalctl doctor` lists what is missing on this machine",
                part=name,
                tail=tail,
            )
        time.sleep(_POLL)


def names(paths: LabPaths) -> list[str]:
    """The parts that were started, oldest first."""
    records = paths.parts.glob("*.json") if paths.parts.is_dir() else ()
    return [record.stem for record in sorted(records, key=lambda record: record.stat().st_mtime_ns)]


def state(paths: LabPaths, name: str) -> PartState:
    """Whether the part still runs."""
    record = json.loads((paths.parts / f"{name}.json").read_text())
    pid = int(record["pid"])
    if record["started"] is not None and start_time(pid) == record["started"]:
        return PartState(name, pid, "running")
    return PartState(name, pid, "dead", log_tail(paths, name))


def stop(paths: LabPaths, name: str, grace: float = 10.0) -> None:
    """Ends the part, by force where it does not end by itself."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        found = state(paths, name)
        if found.state == "dead" or found.pid is None:
            return
        os.kill(found.pid, number)
        end = time.monotonic() + seconds
        while state(paths, name).state != "dead" and time.monotonic() < end:
            time.sleep(_POLL)


def start_time(pid: int) -> int | None:
    """Clock ticks after boot at which the process started; None where there is none, or only its remains."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])


def log_tail(paths: LabPaths, name: str) -> str:
    try:
        with (paths.logs / f"{name}.log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = _COLOUR.sub("", log.read().decode(errors="replace"))
            return "\n".join(text.splitlines()[-12:])
    except FileNotFoundError:
        return ""


def listens(pid: int, protocol: str, address: str, port: int) -> bool:
    """Whether a socket of the process's namespace is bound there (`protocol` is tcp or udp), read from the kernel."""
    packed = "".join(f"{int(byte):02X}" for byte in reversed(address.split(".")))
    wanted = f"{packed}:{port:04X}"
    try:
        lines = Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]
    except OSError:
        return False
    listening = "0A" if protocol == "tcp" else "07"
    return any(line.split()[1] == wanted and line.split()[3] == listening for line in lines)
