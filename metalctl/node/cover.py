"""Whether a tool did what it was asked: a result is believed only when it covers the time and the bytes asked for.

An exit code of 0 does not say so: fio, iperf3 and others end with 0 after a run that was cut short, and print numbers.
"""

from __future__ import annotations

from metalctl.node.errors import ToolFailed

# Timers end a little early and transfers a little late; a run that was cut short lacks much more [J].
ENOUGH = 0.95


def falls_short(got: float, asked: float, lag: float = 0.0) -> bool:
    """Whether a tool's own count is less than what was asked; NaN is.

    lag: what may be missing of a short run, at most half of it, in the unit of both: two ends that start and stop each
    other over the network count less than the whole.
    """
    return not got >= min(ENOUGH * asked, max(asked - lag, asked / 2))


def require(tool: str, what: str, got: float, asked: float, unit: str, lag: float = 0.0) -> None:
    """ToolFailed unless the tool covered what was asked; what: "ran", "read"…; lag: see falls_short."""
    if falls_short(got, asked, lag):
        raise ToolFailed(
            f"{tool} {what} {got:.3g} {unit} of {asked:.4g} {unit}: too little to judge by",
            hint=f"see what ended {tool} early: dmesg and the journal",
        )
