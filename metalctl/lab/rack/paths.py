"""Where a lab keeps its files: `$XDG_STATE_HOME/metalctl/labs/NAME` (mode 0700), and the namespace `mctl-NAME`.

Its sockets are in `/run/metalctl-lab/NAME`, under a parent of mode 0700: a socket's path may not be longer than 107
bytes, and a state directory can be.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

RUNTIME = Path("/run/metalctl-lab")


def labs_root() -> Path:
    """The directory that holds every lab of this user."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base).absolute() / "metalctl" / "labs"


@dataclass(frozen=True)
class LabPaths:
    """The files of one lab.

    run: what its daemons see as /run. logs: one a part; parts: one pid record a part. info: what was built, as JSON;
    declared: the rack as it was declared, as JSON. credentials: the BMCs' user name and password. enter: the script
    through which every daemon starts. libvirt_socket: libvirtd's, seen from outside its mount namespace; libvirt_uri:
    how a program on the host reaches it.
    """

    name: str
    state: Path

    @property
    def namespace(self) -> str:
        return f"mctl-{self.name}"

    @property
    def run(self) -> Path:
        return RUNTIME / self.name

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def parts(self) -> Path:
        return self.state / "parts"

    @property
    def info(self) -> Path:
        return self.state / "lab.json"

    @property
    def declared(self) -> Path:
        return self.state / "rack.json"

    @property
    def credentials(self) -> Path:
        return self.state / "credentials.json"

    @property
    def enter(self) -> Path:
        return self.state / "enter.sh"

    @property
    def libvirt_socket(self) -> Path:
        return self.run / "libvirt" / "libvirt-sock"

    @property
    def libvirt_uri(self) -> str:
        return f"qemu+unix:///system?socket={self.libvirt_socket}"


def lab(name: str) -> LabPaths:
    return LabPaths(name=name, state=labs_root() / name)


def existing() -> tuple[str, ...]:
    """Names of the labs that have a state directory."""
    root = labs_root()
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir())) if root.is_dir() else ()
