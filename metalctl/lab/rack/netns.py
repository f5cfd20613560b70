"""The lab's network namespace: made, entered, and emptied of every process.

Nothing of the rack has a foot outside it: no address, no interface, no socket that the network could reach.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from metalctl.lab.errors import CommandError, LabPrerequisiteError
from metalctl.lab.rack.command import run
from metalctl.lab.rack.parts import start_time

_DIRECTORY = Path("/run/netns")
_GRACE = 5.0
_POLL = 0.05


def exists(namespace: str) -> bool:
    """Whether the namespace is there (its name, with something mounted on it)."""
    return _identity(namespace) is not None


def create(namespace: str) -> None:
    """Makes the namespace, its loopback up and IPv6 off for interfaces to come: the taps are the switch's, not ours."""
    try:
        run(["ip", "netns", "add", namespace])
    except CommandError as error:
        raise LabPrerequisiteError(
            f"this machine permits no network namespace: {error.message}",
            hint="in a container, it needs CAP_SYS_ADMIN and CAP_NET_ADMIN; see `metalctl doctor`",
        ) from error
    for setting in ("net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6"):
        key = Path("/proc/sys") / setting.replace(".", "/")
        if key.exists():
            run(inside(namespace, ["sh", "-c", f"echo 1 > {key}"]))
    run(["ip", "-n", namespace, "link", "set", "lo", "up"])


def inside(namespace: str, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` in the namespace."""
    return ["ip", "netns", "exec", namespace, *argv]


def delete(namespace: str) -> None:
    """Ends every process in the namespace, then removes it; the taps go with it."""
    if not exists(namespace):
        (_DIRECTORY / namespace).unlink(missing_ok=True)
        return
    end_processes(namespace)
    run(["ip", "netns", "delete", namespace])


def processes(namespace: str) -> list[int]:
    """Pids of the processes in the namespace."""
    wanted = _identity(namespace)
    if wanted is None:
        return []
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _of(entry) == wanted]


def end_processes(namespace: str) -> None:
    """Asks every process in the namespace to end, and kills what has not ended after some seconds."""
    signalled: dict[int, int | None] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline:
            for pid in processes(namespace):
                if pid not in (os.getpid(), *signalled):
                    signalled[pid] = start_time(pid)
                    _signal(pid, number)
            # A process leaves the namespace some time before it is gone, so its pid is waited for as well.
            if not any(started is not None and start_time(pid) == started for pid, started in signalled.items()):
                return
            time.sleep(_POLL)
        signalled.clear()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _identity(namespace: str) -> tuple[int, int] | None:
    return _stat(_DIRECTORY / namespace) if _is_namespace(_DIRECTORY / namespace) else None


def _is_namespace(path: Path) -> bool:
    """A name whose mount is gone is an ordinary empty file on /run's own file system."""
    found, parent = _stat(path), _stat(_DIRECTORY)
    return found is not None and parent is not None and found[0] != parent[0]


def _of(process: Path) -> tuple[int, int] | None:
    return _stat(process / "ns" / "net")


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:  # it ended meanwhile, or was never there
        return None
    return status.st_dev, status.st_ino
