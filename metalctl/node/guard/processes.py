"""Processes that have the disk open for writing, or mapped: a daemon or a VM that takes no exclusive claim.

Files that were registered with an io_uring stay open there after the descriptor was closed; the ring's fdinfo lists
them (older kernels by the last name of the path only), not how they were opened: all count as written to.

Every process and every thread with files of its own is looked at. One that may not be looked at could be the one, and
so could those outside of a container: both are told as unseen. Whoever only reads is no reason.

Process 1 is let pass where even root may not look at it: an init opens no raw disk for itself, and a machine whose
supervisor is shielded like that would never get an installation.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from itertools import takewhile

from metalctl.node.guard.target import Objection, Target, Unseen, plain
from metalctl.node.inspect.host import Host

# The number that the kernel gives to the first pid namespace (PROC_PID_INIT_INO).
_MACHINE = "pid:[4026531836]"
_INIT = "1"
_RING = "anon_inode:[io_uring]"
_REGISTERED = re.compile(r"\s+\d+: (.*)")


def pids(host: Host) -> list[str]:
    """Every process but this one."""
    return [p for p in host.names("/proc") if p.isdigit() and int(p) != os.getpid()]


def comm(host: Host, pid: str) -> str:
    return host.text(f"/proc/{pid}/comm") or "a process"


def objections(host: Host, target: Target) -> Iterator[Objection]:
    """Who has it open for writing, and who could not be looked at."""
    if (namespace := host.linked("/proc/self/ns/pid")) not in ("", _MACHINE):
        yield Objection(
            f"this is a container ({namespace}): the machine's other processes cannot be seen", certain=False
        )
    if "errno" in host.probe("stat", f"/proc/{_INIT}"):
        yield Objection("processes cannot be seen: /proc is not mounted, or hides them (hidepid)", certain=False)
    for pid in pids(host):
        try:
            names = [name for table in _tables(host, pid) for name in _writes(host, target, *table)]
        except (PermissionError, Unseen):
            if pid == _INIT or not host.exists(f"/proc/{pid}"):
                continue
            who = f"{comm(host, pid)} (pid {pid})"
            yield Objection(f"the files that {who} has open cannot be seen", certain=False)
            continue
        for name in dict.fromkeys(names):
            yield Objection(f"{name} is open for writing in {comm(host, pid)} (pid {pid})")


def _tables(host: Host, pid: str) -> Iterator[tuple[str, list[str]]]:
    """(folder in /proc, its open files): of the process, then of its threads that have other files."""
    shared = _listed(host, f"/proc/{pid}/fd")
    yield f"/proc/{pid}", shared
    for tid in host.names(f"/proc/{pid}/task"):
        if tid != pid and (own := _listed(host, f"/proc/{pid}/task/{tid}/fd")) != shared:
            yield f"/proc/{pid}/task/{tid}", own


def _listed(host: Host, path: str) -> list[str]:
    """The names in a folder; none when the process ended. Raises PermissionError."""
    try:
        return host.entries(path)
    except PermissionError:
        raise
    except OSError:
        return []


def _writes(host: Host, target: Target, base: str, files: list[str]) -> Iterator[str]:
    for fd in files:
        name = _at(host, target, f"{base}/fd/{fd}")
        if name and _for_writing(host.text(f"{base}/fdinfo/{fd}")):
            yield name
        elif not name and _is_ring(host, f"{base}/fd/{fd}"):
            yield from _registered(host, target, base, host.text(f"{base}/fdinfo/{fd}"))
    for mapping in _listed(host, f"{base}/map_files"):
        path = f"{base}/map_files/{mapping}"
        name = _at(host, target, path)
        # A mapping outlives its file descriptor; the mode of the link says how the file was opened.
        if name and int(host.probe("stat", path).get("link", 0)) & stat.S_IWUSR:
            yield name


def _is_ring(host: Host, path: str) -> bool:
    """Few files are anonymous; only their links are followed, which costs more."""
    return host.probe("stat", path).get("kind") == "anonymous" and host.linked(path) == _RING


def _registered(host: Host, target: Target, base: str, fdinfo: str) -> Iterator[str]:
    """What of the disk is registered with an io_uring. Raises Unseen where the ring does not list all that it has."""
    _, found, rest = fdinfo.partition("UserFiles:")
    lines = rest.splitlines()
    if not found:
        raise Unseen("an io_uring was busy and lists nothing")
    # Empty places may be left out; what follows the list is of the same form, under a heading.
    listed = [m[1] for line in takewhile(_REGISTERED.fullmatch, lines[1:]) if (m := _REGISTERED.fullmatch(line))]
    for path in map(plain, listed):
        # The path is as its process sees it, or only a last name.
        name = _at(host, target, f"{base}/root{path}") if path.startswith("/") else ""
        if name := name or (path if path in target.names else ""):
            yield name
    if not listed and lines[0].strip() != "0":
        raise Unseen("an io_uring was busy and does not list its files")


def _at(host: Host, target: Target, path: str) -> str:
    try:
        return target.at(host, path)
    except Unseen as unseen:
        if unseen.gone:
            return ""
        raise


def _for_writing(fdinfo: str) -> bool:
    flags = next((line.split()[1] for line in fdinfo.splitlines() if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
