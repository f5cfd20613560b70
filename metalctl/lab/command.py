"""Runs the commands that build the rack; what they said is in the error when they fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from metalctl.lab.errors import CommandError

DEADLINE = 60.0
"""Seconds that one command may take."""


def environment() -> dict[str, str]:
    """The environment with the system programs' directories on its path: a plain user's shell has them not."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return {**os.environ, "PATH": path}


def run(argv: Sequence[str], *, deadline: float = DEADLINE) -> str:
    """Runs it to its end and gives what it printed. Raises `CommandError`."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=deadline,
            check=False,
            env=environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            f"`{' '.join(argv)}` did not end within {deadline:.0f} s",
            hint="the machine may be overloaded: look at `metalctl lab status`, then try again",
            command=list(argv),
        ) from error
    if done.returncode != 0:
        output = (done.stderr or done.stdout).strip()
        raise CommandError(
            f"`{' '.join(argv)}` failed: {output or f'exit code {done.returncode}'}",
            hint="`metalctl doctor` says what this machine lacks",
            command=list(argv),
            output=output,
        )
    return done.stdout
