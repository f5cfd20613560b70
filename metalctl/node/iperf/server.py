"""iperf3's server, which serves until its peer came: who else calls uses up one `iperf3 -s -1`, and not the test."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from metalctl.model.run import Peer
from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.iperf.callers import Callers
from metalctl.node.iperf.process import read
from metalctl.node.iperf.result import IperfError, Stream, total


def serve(
    peer: Peer, sessions: int, deadline: float, processes: int = 1, *, runtime: float = 0.0, streams: int = 0,
    callers: Callers | None = None,
) -> list[Stream]:  # fmt: skip
    """Answer `sessions` tests of the peer, one after the other, on the server's address only; one total a session.

    runtime, streams: what each must cover when given. callers: open, and told who else came. Raises ToolFailed when
    they did not all come within `deadline` seconds, or when one broke off or was less than asked.
    """
    if callers is None:
        with Callers(peer, processes) as mine:
            return serve(peer, sessions, deadline, processes, runtime=runtime, streams=streams, callers=mine)
    ends, known = time.monotonic() + deadline, callers

    def one(port: int) -> Stream:
        found = _of_peer(peer, port, ends, known)
        found.require(runtime, streams or found.streams or 0)
        return found

    with ThreadPoolExecutor(processes) as pool:
        return [total(pool.map(one, range(peer.port, peer.port + processes))) for _ in range(sessions)]


def _of_peer(peer: Peer, port: int, ends: float, callers: Callers) -> Stream:
    """The next session that the peer brings."""
    argv = ["iperf3", "-s", "-1", "-J", "-B", peer.address, "-p", str(port)]
    while True:
        output = _once(argv, port, ends, callers)
        try:
            if output and callers.is_peer((found := read(output)).caller):
                return found
        except IperfError as failed:
            ours = callers.is_peer(str(failed.fields.get("caller", "")))
            if (failed.began and ours) or (output and output.code != 0):
                raise
        time.sleep(0.1)


def _once(argv: list[str], port: int, ends: float, callers: Callers) -> tool.Output | None:
    """One process, to the end of the session that it served; None when somebody else kept it and it was ended."""
    process = tool.start(argv)
    try:
        while time.monotonic() < ends:
            try:
                out, err = process.communicate(timeout=min(1.0, max(0.05, ends - time.monotonic())))
                return tool.Output(tuple(argv), process.returncode, out, err)
            except subprocess.TimeoutExpired:
                if callers.kept(port):
                    return None
        raise ToolFailed("the peer's test did not come in time", hint=_who(callers))
    finally:
        tool.end(process)


def _who(callers: Callers) -> str:
    others = callers.others
    also = f"; {', '.join(others)} called at the port and is not the peer" if others else ""
    return f"see that the peer runs and reaches this node{also}"
