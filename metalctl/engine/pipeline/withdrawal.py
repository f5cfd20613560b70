"""A node that is handed over lets us in no more: our key is taken off it, read back, and deleted here."""

from __future__ import annotations

from metalctl.engine.errors import RemoteError
from metalctl.engine.pipeline.context import Context
from metalctl.engine.pipeline.outcome import Wait
from metalctl.engine.reach import access
from metalctl.engine.reach.remote import Remote
from metalctl.model.finding import Finding
from metalctl.model.verdict import Verdict

AUTHORIZED = "/root/.ssh/authorized_keys"
TRIES = 5
PAUSE = 10.0


def withdraw(ctx: Context) -> Wait | tuple[Finding, ...]:
    """Findings once it is done. A node that cannot be reached any more keeps the line, and that is told as a warning:
    nobody has the key to it.
    """
    state, enrollment = ctx.services.settings.state, ctx.enrollment.id
    if not access.has_key(state, enrollment):
        return ()
    line = access.public_line(state, enrollment)
    ctx.fence()
    try:
        _take_off(ctx.remote("installed"), line)
    except RemoteError as error:
        tries = ctx.memo["withdrawals"] = int(ctx.memo.get("withdrawals", 0)) + 1
        if tries < TRIES:
            return Wait(PAUSE, f"taking our key off the node: {error.message}")
        return _deleted(ctx, (_left(line, error),))
    return _deleted(ctx, ())


def _take_off(remote: Remote, line: str) -> None:
    kept = [known for known in _lines(remote) if not _same_key(known, line)]
    remote.put(AUTHORIZED, "".join(f"{known}\n" for known in kept).encode())
    if any(_same_key(known, line) for known in _lines(remote)):
        raise RemoteError(f"{AUTHORIZED} still has our key after it was written without it")


def _lines(remote: Remote) -> list[str]:
    return remote.read_from(AUTHORIZED, 0).decode(errors="replace").splitlines()


def _same_key(one: str, other: str) -> bool:
    """By the key itself: options and comments may have been edited."""
    return other.split()[1] in one.split()


def _deleted(ctx: Context, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    ctx.services.connections.forget(ctx.enrollment.id)
    access.delete_key(ctx.services.settings.state, ctx.enrollment.id)
    ctx.audit("key-withdrawn", from_node=not findings)
    return findings


def _left(line: str, error: RemoteError) -> Finding:
    return Finding(
        "access.withdrawn", Verdict.UNKNOWN, "the enrollment's SSH key is taken off the node", error.message,
        source="in-band", severity="warning",
        remedy=f"the private key is deleted; remove the line ending in {line.split()[-1]} from {AUTHORIZED}",
    )  # fmt: skip
