"""Runs on a node: the bundle pushed, a command started detached, its journal tailed by byte offset.

A run id is deterministic, so a controller that crashed finds the run it started: the runner refuses to start the same
id twice, and the journal says how far it came.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from metalctl.engine.errors import RemoteError
from metalctl.engine.reach.remote import Remote
from metalctl.model.codec import decode, encode
from metalctl.model.errors import MetalctlError
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BUNDLE_DIR, RUN_DIR, Entry
from metalctl.store.database import now
from metalctl.store.evidence import RunRow

FINAL = ("run-finished", "error")
Bundle = tuple[str, bytes]  # a name for its directory, and the tar.gz


class Spec(Protocol):
    """What a RunSpec and an InstallSpec have in common."""

    @property
    def run_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Python:
    """Where the runner bundle is on the node and how it is called."""

    directory: str

    def command(self, *words: str) -> tuple[str, ...]:
        """The words that run `metalctl.node WORDS` on the node."""
        environment = (f"PYTHONPATH={self.directory}", f"METALCTL_CHECKS={self.directory}/checks")
        return ("env", *environment, "python3", "-m", "metalctl.node", *words)


def push_bundle(remote: Remote, bundle: Bundle) -> Python:
    """Unpack the runner bundle on the node unless it is there."""
    digest, data = bundle
    directory = f"{BUNDLE_DIR}/{digest}"
    if not _exists(remote, f"{directory}/.complete"):
        archive = f"/run/metalctl-{digest}.tar.gz"
        remote.put(archive, data)
        remote.check("mkdir", "-p", directory)
        remote.check("tar", "-xzf", archive, "-C", directory, timeout=180)
        remote.check("touch", f"{directory}/.complete")
        remote.run("rm", "-f", archive)
    return Python(directory)


def started(remote: Remote, run_id: str) -> bool:
    """Whether this run was started on the node, by a service that died before it could write that down."""
    return _exists(remote, f"{RUN_DIR}/{run_id}/journal.jsonl") or unit_active(remote, f"metalctl-{run_id}")


def start(remote: Remote, command: str, spec: Spec, bundle: Bundle) -> None:
    """Start `command` ("run" or "install") detached, unless this run id was started before."""
    directory = f"{RUN_DIR}/{spec.run_id}"
    if _exists(remote, f"{directory}/journal.jsonl"):
        return
    python = push_bundle(remote, bundle)
    remote.check("mkdir", "-p", "-m", "700", directory)
    remote.put(f"{directory}/spec.json", json.dumps(encode(spec)).encode())
    unit = f"metalctl-{spec.run_id}"
    output = remote.run(
        "systemd-run", f"--unit={unit}", "--collect", "--quiet", *python.command(command, f"{directory}/spec.json")
    )
    # Started by an earlier tick whose answer was lost: that one is the run.
    if output.status != 0 and "already exists" not in output.err and "already loaded" not in output.err:
        raise RemoteError(f"the run {spec.run_id} could not be started: {output.err.strip()}")


def tail(remote: Remote, row: RunRow) -> RunRow:
    """Read what the journal got since; the row is changed and returned."""
    data = remote.read_from(f"{RUN_DIR}/{row.run_id}/journal.jsonl", row.offset)
    complete, end, _rest = data.rpartition(b"\n")
    for line in complete.split(b"\n") if end else ():
        _read(row, line)
    row.offset += len(complete) + len(end)
    if row.state == "running" and not end:
        _notice_loss(remote, row)
    return row


def _read(row: RunRow, line: bytes) -> None:
    if row.state != "running":
        return
    try:
        entry = decode(Entry, json.loads(line))
        result = decode(CheckResult, entry.data["result"]) if entry.event == "check-finished" else None
    except (ValueError, LookupError, TypeError, MetalctlError):
        _broken(row, f"the run's journal is not whole: line {row.entries + 1} is not an entry of a run")
        return
    if wrong := _not_whole(row, entry):
        _broken(row, wrong)
        return
    _apply(row, entry, result)


def _broken(row: RunRow, wrong: str) -> None:
    hint = "enroll the node again with --retry; if it stays, the node's memory or its system is not to be trusted"
    row.final = {"event": "error", "kind": "JournalNotWhole", "message": wrong, "hint": hint}
    row.state, row.finished = "finished", now()


def _apply(row: RunRow, entry: Entry, result: CheckResult | None) -> None:
    row.entries += 1
    if result is not None:
        row.results.append(result)
        row.progress = f"{len(row.results)} checks done"
    elif entry.event == "check-started":
        row.progress = f"{entry.data.get('check', '')} {entry.data.get('part', '')}".strip()
    elif entry.event == "progress":
        row.progress = _progress(entry.data)
    elif entry.event in FINAL:
        row.final = {"event": entry.event, **entry.data}
        row.state, row.finished = "finished", entry.time


def _not_whole(row: RunRow, entry: Entry) -> str:
    """Why the journal cannot be the whole journal of one run; "" when it can so far."""
    if entry.seq != row.entries:
        return f"the run's journal is not whole: entry {entry.seq} stands where {row.entries} should"
    if row.boot_id and entry.boot_id != row.boot_id:
        return f"the run's journal goes on under another boot ({entry.boot_id[:8]} after {row.boot_id[:8]})"
    return ""


def _progress(data: dict[str, Any]) -> str:
    done, total = data.get("done", 0), data.get("total", 0)
    return f"{data.get('what', '')} {100 * done // total} %" if total else str(data.get("what", ""))


def _notice_loss(remote: Remote, row: RunRow) -> None:
    """The unit is gone and its journal has no end: it was killed (out of memory, by hand, by a power cut)."""
    if unit_active(remote, f"metalctl-{row.run_id}"):
        return
    # The end may have been written between our read and our look.
    rest = remote.read_from(f"{RUN_DIR}/{row.run_id}/journal.jsonl", row.offset)
    if b"\n" not in rest:
        row.state, row.finished = "lost", now()


def unit_active(remote: Remote, unit: str) -> bool:
    """Whether a detached command still runs on the node; RemoteError when systemd did not say."""
    output = remote.run("systemctl", "show", "--property=ActiveState", "--value", f"{unit}.service")
    state = output.out.strip()
    if output.status != 0 or not state:
        said = output.err.strip() or state or "nothing"
        raise RemoteError(f"whether {unit} runs on the node is not known: systemctl left with {output.status}: {said}")
    return state in ("active", "activating", "deactivating", "reloading")


def _exists(remote: Remote, path: str) -> bool:
    """Whether a file is on the node; test(1) answers 0 or 1, and anything else is no answer."""
    status = remote.run("test", "-e", path).status
    if status not in (0, 1):
        raise RemoteError(f"whether {path} is on the node is not known: test left with {status}")
    return status == 0
