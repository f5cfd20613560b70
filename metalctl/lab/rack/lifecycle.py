"""Brings a rack up, says how it is, takes it down.

Whatever fails on the way up takes down what there is already: a half-built rack is never left.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metalctl.lab.errors import LabError, LabStateError
from metalctl.lab.rack import accel, bmcs, host, hypervisor, info, netns, parts, paths, plan, repair, sandbox, switch
from metalctl.lab.rack.info import LabInfo, NodeInfo
from metalctl.lab.rack.parts import PartState
from metalctl.lab.rack.paths import LabPaths
from metalctl.lab.spec import Rack

Say = Callable[[str], None]
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,23}$")


def _quiet(_line: str) -> None:
    """Says nothing."""


def up(rack: Rack, name: str | None = None, say: Say = _quiet) -> LabInfo:
    """Brings the rack up, its nodes powered off; `say` is told of each step.

    Raises `LabPrerequisiteError` where the machine cannot hold it, `LabStateError` where a lab of that name is up
    already, `PartError` or `CommandError` where a part fails; nothing is left then.
    """
    name = _checked(name or rack.name)
    host.check()
    lab = paths.lab(name)
    _claim(lab)
    try:
        return _build(lab, rack, say)
    except BaseException:
        say(f"failed: taking down what there is of lab {name}")
        _remove(lab)
        raise


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise LabStateError(f"{name!r} cannot be the name of a lab", hint="use 1-24 small letters, digits and '-'")
    return name


def _claim(lab: LabPaths) -> None:
    """Takes the name: one `up` at a time has it."""
    hint = f"`metalctl lab down --name {lab.name}` removes it; `--name OTHER` brings a second one up"
    lab.state.parent.mkdir(parents=True, exist_ok=True)
    if netns.exists(lab.namespace) and not lab.state.exists():
        raise LabStateError(
            f"network namespace {lab.namespace} is there already, of a lab that is not under {lab.state.parent}",
            hint="take that lab down under the same XDG_STATE_HOME, or choose another --name",
        )
    try:
        lab.state.mkdir(mode=0o700)
    except FileExistsError:
        raise LabStateError(f"lab {lab.name} is there already ({lab.state})", hint=hint, name=lab.name) from None


def _build(lab: LabPaths, rack: Rack, say: Say) -> LabInfo:
    planned = plan.make(rack, lab.name, lab.state)
    say("accelerator: probing what the nodes can run under")
    accelerator = accel.choose()
    say(f"accelerator: {accelerator.name} ({accelerator.reason})")
    say(f"network: namespace {lab.namespace}")
    netns.create(lab.namespace)
    sandbox.prepare(lab)
    say(f"switch: Open vSwitch, {sum(len(node.ports) for node in planned.nodes)} ports, lldpd")
    switch.start(lab, planned)
    say("hypervisor: libvirtd of the lab's own")
    hypervisor.start(lab)
    hypervisor.define(lab, planned, accelerator.name)
    say(f"BMCs: Redfish and IPMI for {len(planned.nodes)} nodes")
    certificates = bmcs.start(lab, planned)
    built = info.built(lab, planned, accelerator, certificates)
    info.write_nodes_file(lab, built)
    info.write_settings_file(lab, built)
    info.save(lab, built)
    repair.remember(lab, rack)
    return status(lab.name)


def repair_node(node: str, name: str | None = None) -> NodeInfo:
    """Takes a node's faults away, as a technician would; it is off then. See `metalctl.lab.rack.repair`."""
    lab = _find(name)
    status(lab.name)  # raises where it did not come up to its end
    return repair.node(lab, node)


def status(name: str | None = None) -> LabInfo:
    """The lab as it is now, every part named. Raises `LabStateError` where there is no such lab."""
    lab = _find(name)
    built = info.load(lab)
    if built is None:
        raise LabStateError(
            f"lab {lab.name} did not come up to its end ({lab.state})",
            hint=f"it may still be coming up; if not, `metalctl lab down --name {lab.name}`",
            name=lab.name,
        )
    return info.with_states(built, _states(lab, [node.name for node in built.nodes]))


def _states(lab: LabPaths, nodes: list[str]) -> list[PartState]:
    namespace = PartState("namespace", None, "running" if netns.exists(lab.namespace) else "dead")
    daemons = [parts.state(lab, name) for name in parts.names(lab)]
    return [namespace, *daemons, *hypervisor.nodes(lab, nodes)]


def _find(name: str | None) -> LabPaths:
    known = paths.existing()
    if name is None:
        if len(known) == 1:
            return paths.lab(known[0])
        there = f"there are {len(known)}: {', '.join(known)}" if known else "there is none"
        raise LabStateError(f"which lab? {there}", hint="--name NAME names it; `metalctl lab up` brings one up")
    if _checked(name) not in known:
        there = f"up: {', '.join(known)}" if known else "none is up"
        raise LabStateError(f"there is no lab {name}; {there}", hint=f"`metalctl lab up --name {name}` brings it up")
    return paths.lab(name)


def namespace(name: str | None = None) -> tuple[str, dict[str, str]]:
    """The lab's namespace and the environment in which `virsh` finds its nodes, for `shell` and `exec`."""
    lab = _find(name)
    if not netns.exists(lab.namespace):
        raise LabStateError(f"lab {lab.name} has lost its namespace", hint=f"`metalctl lab down --name {lab.name}`")
    environment = {"LIBVIRT_DEFAULT_URI": lab.libvirt_uri, "METALCTL_LAB": lab.name}
    # So that `metalctl enroll` in the lab's shell serves the lab, unless the caller chose other settings.
    if "METALCTL_CONFIG" not in os.environ:
        environment["METALCTL_CONFIG"] = str(info.settings_file(lab))
    return lab.namespace, environment


def down(name: str | None = None, *, keep_logs: bool = False) -> Path | None:
    """Takes the lab down: its processes, namespace, taps, mounts and files. Gives where kept logs are."""
    lab = _find(name)
    if os.getpid() in netns.processes(lab.namespace):
        raise LabStateError(
            "this command runs inside the lab that it is to take down", hint="leave the lab's shell first"
        )
    kept = _keep_logs(lab) if keep_logs else None
    _remove(lab)
    return kept


def _remove(lab: LabPaths) -> None:
    netns.delete(lab.namespace)
    for directory in (lab.run, lab.state):
        if directory.exists():
            _rmtree(directory)
    with contextlib.suppress(OSError):  # another lab's are in it, or it was never made
        paths.RUNTIME.rmdir()
    left = netns.processes(lab.namespace)
    if left:
        raise LabError(f"processes of lab {lab.name} would not end: {left}", hint="look at them with `ps`", pids=left)


def _rmtree(directory: Path) -> None:
    """Two who take a lab down at once meet in its files: what the other one removed is removed."""

    def gone_is_well(_: object, __: str, failure: Any) -> None:
        error = failure[1] if isinstance(failure, tuple) else failure
        if not isinstance(error, FileNotFoundError):
            raise error

    # Python 3.12 gives the exception itself, and warns of the former name.
    told: dict[str, Any] = {"onexc" if sys.version_info >= (3, 12) else "onerror": gone_is_well}
    shutil.rmtree(directory, **told)


def _keep_logs(lab: LabPaths) -> Path:
    kept = lab.state.parent.parent / "lab-logs" / f"{lab.name}-{time.strftime('%Y%m%dT%H%M%S')}"
    kept.mkdir(parents=True)
    if lab.logs.is_dir():
        shutil.copytree(lab.logs, kept, dirs_exist_ok=True)
    for console in sorted(lab.state.glob("nodes/*/console.log")):
        shutil.copyfile(console, kept / f"console-{console.parent.name}.log")
    return kept
