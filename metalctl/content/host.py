"""What this machine lacks to be a provisioner, and the command that mends it. It only looks: nothing is changed.

Debian packages are listed in `pxe/host-packages.txt`, in sections: base, serve, lab, unit, test, deb.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from metalctl.content import paths
from metalctl.content.errors import ContentError
from metalctl.model.units import format_size
from metalctl.model.verdict import Verdict

LIST = "pxe/host-packages.txt"
PURPOSES = ("serve", "lab", "unit", "test", "deb")
GIB = 2**30
# A ramdisk and an image with their package caches are about 3 GiB; journals, reports and the database grow slowly.
SPACE = {"cache": 6 * GIB, "state": 2 * GIB}
DESCRIPTORS = 16384  # of a thousand nodes: a few thousand files and sockets
PORTS = {67: "DHCP", 69: "TFTP"}


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at. verdict: UNKNOWN when it could not be told. mend: the command or step that puts it right."""

    what: str
    verdict: Verdict
    got: str
    mend: str = ""


def packages(section: str) -> list[str]:
    """Names of the Debian packages of one section, in the order of the file. Raises ContentError for an unknown one."""
    listed: dict[str, list[str]] = {}
    current: list[str] = []
    for line in paths.find(LIST).read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            current = listed.setdefault(text.strip("[]"), [])
        elif text:
            current.append(text)
    if section not in listed:
        raise ContentError(f"{LIST} has no section {section!r}", hint=f"sections: {', '.join(listed)}")
    return listed[section]


def examine(purpose: str = "serve") -> list[Look]:
    """Everything that `purpose` (serve, lab or test) needs; each purpose includes the ones before it."""
    wanted = PURPOSES[: PURPOSES.index(purpose) + 1]
    looks = [_root(), _python(), _debian(p for section in wanted for p in packages(section))]
    looks += [_space("cache", "XDG_CACHE_HOME", ".cache"), _space("state", "XDG_STATE_HOME", ".local/state")]
    looks += [_port(number, name) for number, name in PORTS.items()]
    looks.append(_descriptors())
    if "lab" in wanted:
        looks += _kernel()
    return looks


def _root() -> Look:
    if os.geteuid() == 0:
        return Look("root", Verdict.PASS, "yes")
    mend = "run metalctl as root: DHCP, TFTP and the image build need it"
    return Look("root", Verdict.FAIL, f"user id {os.geteuid()}", mend)


def _python() -> Look:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Look(
        "Python ≥ 3.11", Verdict.PASS if good else Verdict.FAIL, version, "" if good else "use Debian 12 or later"
    )


def _debian(names: Iterable[str]) -> Look:
    wanted = sorted(set(names))
    if shutil.which("dpkg-query") is None:
        mend = "install what these packages hold: " + " ".join(wanted)
        return Look("Debian packages", Verdict.UNKNOWN, "this is not Debian: dpkg-query is missing", mend)
    missing = sorted(set(wanted) - _installed(wanted))
    if not missing:
        return Look("Debian packages", Verdict.PASS, f"{len(wanted)} of {len(wanted)} installed")
    got = f"{len(wanted) - len(missing)} of {len(wanted)} installed, missing: {' '.join(missing)}"
    mend = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(missing)}"
    return Look("Debian packages", Verdict.FAIL, got, mend)


def _installed(names: list[str]) -> set[str]:
    command = ["dpkg-query", "-Wf", "${Package} ${db:Status-Abbrev}\n", *names]
    # It fails as soon as one name is unknown, and still prints the others.
    output = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    return {line.split()[0] for line in output.splitlines() if line.split()[1:] == ["ii"]}


def _space(what: str, variable: str, usual: str) -> Look:
    folder = _folder(what, variable, usual)
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    label, needed = f"space for the {what}", SPACE[what]
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Look(label, Verdict.UNKNOWN, f"{there}: {error.strerror}", f"check the file system of {there}")
    got = f"{format_size(free)} free in {there}, needed {format_size(needed)}"
    if not os.access(there, os.W_OK):
        return Look(label, Verdict.FAIL, f"{there} cannot be written", f"set {variable} to a folder that you may write")
    mend = f"free space in {there}, or set {variable} to a larger disk"
    return Look(label, Verdict.PASS, got) if free >= needed else Look(label, Verdict.FAIL, got, mend)


def _folder(what: str, variable: str, usual: str) -> Path:
    """Where metalctl keeps it; METALCTL_STATE names the state directory itself."""
    if what == "state" and (stated := os.environ.get("METALCTL_STATE")):
        return Path(stated).absolute()
    return Path(os.environ.get(variable) or Path.home() / usual).absolute() / "metalctl"


def _port(number: int, name: str) -> Look:
    what = f"port {number}/udp ({name})"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", number))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                mend = f"see who holds it: ss -lunp 'sport = :{number}'; then stop it: systemctl disable --now NAME"
                return Look(what, Verdict.FAIL, "in use", mend)
            return Look(what, Verdict.UNKNOWN, f"cannot be tried: {error.strerror}", "run metalctl doctor as root")
    return Look(what, Verdict.PASS, "free")


def _descriptors() -> Look:
    """The service raises its limit as far as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    got = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
    good = hard == resource.RLIM_INFINITY or hard >= DESCRIPTORS
    mend = f"ulimit -Hn {DESCRIPTORS}, or write it into /etc/security/limits.conf"
    return Look(
        "open files", Verdict.PASS if good else Verdict.FAIL, f"{got}, needed {DESCRIPTORS}", "" if good else mend
    )


def _kernel() -> Iterator[Look]:
    yield _namespaces()
    yield _device("loop devices", Path("/dev/loop-control"), "modprobe loop")
    yield _device("taps", Path("/dev/net/tun"), "modprobe tun")


def _namespaces() -> Look:
    what = "network namespaces"
    try:
        tried = subprocess.run(
            ["unshare", "--net", "--mount", "true"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Look(what, Verdict.UNKNOWN, str(error), "apt-get install -y util-linux")
    if tried.returncode == 0:
        return Look(what, Verdict.PASS, "permitted")
    mend = "run as root; in a container, start it with --privileged"
    return Look(what, Verdict.FAIL, tried.stderr.strip()[:200], mend)


def _device(what: str, path: Path, mend: str) -> Look:
    if not path.exists():
        return Look(what, Verdict.FAIL, f"{path} is not there", mend)
    if not os.access(path, os.R_OK | os.W_OK):
        return Look(what, Verdict.FAIL, f"{path} cannot be opened", "run metalctl doctor as root")
    return Look(what, Verdict.PASS, str(path))
