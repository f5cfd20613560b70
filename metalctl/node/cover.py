"""Whether a tool did what it was asked: a result is believed only when it covers the time and the bytes asked for.

An exit code of 0 does not say so: fio, iperf3 and others end with 0 after a run that was cut short, and print numbers.
"""

from __future__ import annotations

from metalctl.node.errors import ToolFailed

# Timers end a little early and transfers a little late; a run that was cut short lacks much more [J].
ENOUGH = 0.95


def falls_short(got: float, asked: float) -> bool:
    """Whether a tool's own count is less than what was asked; NaN is."""
    return not got >= ENOUGH * asked


def require(tool: str, what: str, got: float, asked: float, unit: str) -> None:
    """ToolFailed unless the tool covered what was asked; what: "ran", "read"…"""
    if falls_short(got, asked):
        raise ToolFailed(
            f"{tool} {what} {got:.3g} {unit} of {asked:.4g} {unit}: too little to judge by",
            hint=f"see what ended {tool} early: dmesg and the journal",
        )
