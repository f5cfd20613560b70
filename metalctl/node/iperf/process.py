"""iperf3 as child processes: the client, which waits for its server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from metalctl.model.run import Peer
from metalctl.node import tool
from metalctl.node.iperf.result import IperfError, Stream, parse, total


def client(
    peer: Peer, runtime: float, *, streams: int, omit: float, reverse: bool, processes: int, wait: float
) -> Stream:
    """One test against the peer's server, tried for `wait` seconds until the server is there.

    runtime, omit: seconds measured, and left out before that. reverse: the server sends. Raises ToolFailed for a test
    of less than was asked.
    """
    seconds = max(1, round(runtime))

    def one(port: int) -> Stream:
        argv = ["iperf3", "-c", peer.address, "-p", str(port), "-J", "-P", str(streams), "-t", str(seconds)]
        argv += ["-B", peer.client] if peer.client else []  # the server knows its peer by it
        argv += ["-O", f"{max(1, round(omit))}"] if omit else []
        found = _patiently(argv + (["-R"] if reverse else []), runtime + omit + 30, wait)
        found.require(seconds, streams)
        return found

    with ThreadPoolExecutor(processes) as pool:
        return total(pool.map(one, range(peer.port, peer.port + processes)))


def read(output: tool.Output) -> Stream:
    """What a process left; IperfError also for good numbers with a bad exit code."""
    found = parse(output.out)
    if output.code != 0:
        raise IperfError(f"iperf3 ended with {output.code}: {output.err.strip()[-200:]}", began=True)
    return found


def _patiently(argv: list[str], timeout: float, wait: float) -> Stream:
    ends = time.monotonic() + wait
    while True:
        try:
            return read(tool.run(argv, timeout))
        except IperfError as failed:
            if not failed.busy or time.monotonic() > ends:
                raise
        time.sleep(0.5)
