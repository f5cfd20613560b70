"""Tools run as child processes: always with a deadline, always ended as a whole process group.

A tool that is missing, hangs or ends with an error raises `ToolFailed`: that is "could not tell" (UNKNOWN), and never a
verdict about the hardware. The locale is C, because output is parsed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metalctl.node.errors import ToolFailed

# Which Debian package brings a tool; a tool that is not listed is in the package of its own name.
PACKAGES = {
    "nvme": "nvme-cli",
    "smartctl": "smartmontools",
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "ping": "iputils-ping",
    "ip": "iproute2",
    "modprobe": "kmod",
    "blkdiscard": "util-linux",
}
_GRACE = 3.0  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool left: exit code (negative: ended by that signal), stdout, stderr."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    def require(self) -> Output:
        """Itself, or ToolFailed when the exit code is not 0."""
        if self.code == 0:
            return self
        last = (self.err.strip() or self.out.strip()).splitlines()[-1:] or ["it said nothing"]
        raise ToolFailed(
            f"{self.argv[0]} ended with {self.code}: {last[0][:300]}",
            hint=f"run it by hand: {' '.join(self.argv)}",
            code=self.code,
            stderr=self.err[-2000:],
        )


def package_of(tool: str) -> str:
    """The Debian package that brings the tool."""
    return PACKAGES.get(tool, tool)


def missing(tools: Sequence[str]) -> tuple[str, ...]:
    """Those of the tools that are not on PATH."""
    return tuple(t for t in tools if shutil.which(t) is None)


def run(argv: Sequence[str], timeout: float, *, cwd: str | Path | None = None) -> Output:
    """Run a tool to its end, at most `timeout` seconds. Raises ToolFailed when it is missing or hangs."""
    process = start(argv, cwd=cwd)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise ToolFailed(
            f"{argv[0]} did not end within {timeout:g} s and was ended",
            hint="look at the kernel log for a device that hangs: dmesg --level=err,warn",
            timeout=timeout,
        ) from None
    except BaseException:
        end(process)
        raise
    return Output(tuple(argv), process.returncode, out, err)


def start(argv: Sequence[str], *, cwd: str | Path | None = None) -> subprocess.Popen[str]:
    """Start a tool in its own process group with stdout and stderr as pipes; end it with `end`."""
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise ToolFailed(f"{argv[0]} is not installed", hint=f"apt-get install {package_of(argv[0])}") from None
    except OSError as refused:
        raise ToolFailed(f"{argv[0]} cannot be started: {refused}", hint="look at its file mode and type") from refused


def end(process: subprocess.Popen[str]) -> None:
    """End a tool and everything that it started: SIGTERM, then SIGKILL. A dead one is only reaped."""
    for how, wait in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            continue
    process.poll()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
