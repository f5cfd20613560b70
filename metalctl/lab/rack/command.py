"""Runs the commands that build the rack; what they said is in the error when they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from metalctl.content.programs import environment
from metalctl.lab.errors import CommandError

DEADLINE = 60.0
"""Seconds that one command may take."""


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
            hint="`metalctl doctor` lists what is missing on this machine",
            command=list(argv),
            output=output,
        )
    return done.stdout
