"""Gives the rack's daemons a file system view of their own, so that the host's libvirt and Open vSwitch are untouched.

libvirtd as root, lldpd and Open vSwitch have paths built in. In a private mount namespace the lab's own directories are
laid over those paths; two racks, and a host with its own libvirtd, do not see each other. The mounts end with the
processes. Where libvirt's own package has not made a mount point, it is made, empty, and left.

libvirt 9 also refuses to start unless the user that it would run QEMU as by default is known, even when it is told to
run QEMU as root: the lab's own view of the accounts has that user, the host's needs not.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from metalctl.lab.errors import LabStateError
from metalctl.lab.rack import netns
from metalctl.lab.rack.paths import RUNTIME, LabPaths

OVERLAID = ("/var/lib/libvirt", "/var/cache/libvirt", "/var/log/libvirt", "/etc/libvirt")
_RUN = ("libvirt", "openvswitch", "lldpd", "lock")
_ACCOUNTS = {
    "/etc/passwd": "libvirt-qemu:x:64055:64055:Libvirt Qemu:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "libvirt-qemu:x:64055:\n",
}


def prepare(paths: LabPaths) -> None:
    """Makes the private directories and the script through which daemons start."""
    if paths.state.is_relative_to("/run") or any(paths.state.is_relative_to(path) for path in OVERLAID):
        raise LabStateError(
            f"the state directory {paths.state} would be hidden by the lab itself", hint="set XDG_STATE_HOME"
        )
    RUNTIME.mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(paths.run, ignore_errors=True)  # of a lab whose machine was switched off under it
    for name in _RUN:
        (paths.run / name).mkdir(parents=True, exist_ok=True)
    paths.run.chmod(0o755)  # lldpd drops to a user of its own, which must get into its /run
    binds = [(str(paths.run), "/run")]
    for target in OVERLAID:
        source = paths.state / "root" / target.lstrip("/").replace("/", "-")
        source.mkdir(parents=True, exist_ok=True)
        Path(target).mkdir(parents=True, exist_ok=True)
        binds.append((str(source), target))
    binds += [(str(_account_file(paths, target, line)), target) for target, line in _ACCOUNTS.items()]
    mounts = [f"mount --bind {shlex.quote(source)} {target}" for source, target in binds]
    paths.enter.write_text("\n".join(["#!/bin/sh", "set -e", "umask 077", *mounts, 'exec "$@"', ""]))
    paths.enter.chmod(0o700)


def _account_file(paths: LabPaths, target: str, line: str) -> Path:
    """The host's file, with libvirt's user in it."""
    text = Path(target).read_text()
    known = any(entry.startswith("libvirt-qemu:") for entry in text.splitlines())
    copy = paths.state / "root" / target.lstrip("/").replace("/", "-")
    copy.write_text(text if known else text + line)
    copy.chmod(0o644)
    return copy


def etc_libvirt(paths: LabPaths) -> Path:
    return paths.state / "root" / "etc-libvirt"


def command(paths: LabPaths, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` in the lab's network and with its view of the file system.

    `ip netns exec` makes the mount namespace, private to the command, and a fitting /sys.
    """
    return netns.inside(paths.namespace, [str(paths.enter), *argv])
