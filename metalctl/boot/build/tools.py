"""Run the host's programs: output as progress lines, death with ours, errors with the last lines said.

`run` gives the child a mount and a PID namespace of its own (`namespace=True`, for programs that mount) and ties its
life to the caller's: a builder killed with -9 leaves no process and no mount behind.
"""

from __future__ import annotations

import collections
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from metalctl.boot.build.errors import ToolFailed, ToolMissing
from metalctl.content import programs

Progress = Callable[[str], None]
TAIL = 15
PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "mksquashfs": "squashfs-tools",
    "zstd": "zstd",
    "mkfs.ext4": "e2fsprogs",
    "dumpe2fs": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "sfdisk": "fdisk",
    "unshare": "util-linux",
    "setpriv": "util-linux",
}


def silent(line: str) -> None:
    """A progress callback that says nothing."""


def require(*names: str, keyring: Path | None = None) -> None:
    """Raise ToolMissing naming the Debian packages of all programs (and the archive keyring) that are absent."""
    missing = {PACKAGES[name] for name in names if programs.find(name) is None}
    if keyring is not None and not keyring.exists():
        missing.add("debian-archive-keyring")
    if missing:
        raise ToolMissing(sorted(missing))


def run(
    command: Sequence[str],
    *,
    on_line: Progress = silent,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    namespace: bool = False,
    hint: str = "",
    log: Path | None = None,
) -> None:
    """Run to the end, each output line (stdout and stderr) to `on_line` and `log`. Raises ToolFailed."""
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"] if namespace else []
    whole = ["setpriv", "--pdeathsig", "KILL", *apart, *command]
    begun = time.monotonic()
    tail: collections.deque[str] = collections.deque(maxlen=TAIL)
    with (
        (log or Path("/dev/null")).open("a") as record,
        subprocess.Popen(
            whole, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd,
            text=True, errors="replace", env={**(env or programs.environment()), "PATH": programs.search_path()},
        ) as child,
    ):  # fmt: skip
        try:
            for line in child.stdout or ():
                record.write(f"{time.monotonic() - begun:7.1f} {line}")
                tail.append(line.rstrip())
                on_line(line.rstrip())
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise ToolFailed(command, child.returncode, tail, hint)
