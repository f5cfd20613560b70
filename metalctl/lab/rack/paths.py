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
    """The files of one lab."""

    name: str
    state: Path

    @property
    def namespace(self) -> str:
        """The network namespace's name."""
        return f"mctl-{self.name}"

    @property
    def run(self) -> Path:
        """What the lab's daemons see as /run."""
        return RUNTIME / self.name

    @property
    def logs(self) -> Path:
        """One log a part."""
        return self.state / "log"

    @property
    def parts(self) -> Path:
        """One pid record a part."""
        return self.state / "parts"

    @property
    def info(self) -> Path:
        """What was built, as JSON."""
        return self.state / "lab.json"

    @property
    def declared(self) -> Path:
        """The rack as it was declared, as JSON."""
        return self.state / "rack.json"

    @property
    def credentials(self) -> Path:
        """The BMCs' user name and password."""
        return self.state / "credentials.json"

    @property
    def enter(self) -> Path:
        """The script through which every daemon starts."""
        return self.state / "enter.sh"

    @property
    def libvirt_socket(self) -> Path:
        """libvirtd's socket, seen from outside its mount namespace."""
        return self.run / "libvirt" / "libvirt-sock"

    @property
    def libvirt_uri(self) -> str:
        """How a program on the host reaches the lab's own libvirtd."""
        return f"qemu+unix:///system?socket={self.libvirt_socket}"


def lab(name: str) -> LabPaths:
    """The paths of the lab of that name."""
    return LabPaths(name=name, state=labs_root() / name)


def existing() -> tuple[str, ...]:
    """Names of the labs that have a state directory."""
    root = labs_root()
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir())) if root.is_dir() else ()
