"""iperf3 as child processes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from metalctl.model.run import Peer
from metalctl.node import tool
from metalctl.node.iperf.result import IperfError, Stream, parse, total


def serve(peer: Peer, sessions: int, deadline: float, processes: int = 1) -> list[Stream]:
    """Answer `sessions` tests, one after the other, on the peer's address only; one total a session.

    Raises ToolFailed when they did not all come within `deadline` seconds.
    """
    ends = time.monotonic() + deadline

    def one(port: int) -> Stream:
        left = max(1.0, ends - time.monotonic())
        return parse(tool.run(["iperf3", "-s", "-1", "-J", "-B", peer.address, "-p", str(port)], left).out)

    with ThreadPoolExecutor(processes) as pool:
        return [total(pool.map(one, range(peer.port, peer.port + processes))) for _ in range(sessions)]


def client(
    peer: Peer, runtime: float, *, streams: int, omit: float, reverse: bool, processes: int, wait: float
) -> Stream:
    """One test against the peer's server, tried for `wait` seconds until the server is there.

    runtime, omit: seconds measured, and left out before that. reverse: the server sends.
    """

    def one(port: int) -> Stream:
        argv = [
            "iperf3",
            "-c",
            peer.address,
            "-p",
            str(port),
            "-J",
            "-P",
            str(streams),
            "-t",
            f"{max(1, round(runtime))}",
        ]
        argv += ["-O", f"{max(1, round(omit))}"] if omit else []
        return _patiently(argv + (["-R"] if reverse else []), runtime + omit + 30, wait)

    with ThreadPoolExecutor(processes) as pool:
        return total(pool.map(one, range(peer.port, peer.port + processes)))


def _patiently(argv: list[str], timeout: float, wait: float) -> Stream:
    ends = time.monotonic() + wait
    while True:
        try:
            return parse(tool.run(argv, timeout).out)
        except IperfError as failed:
            if not failed.busy or time.monotonic() > ends:
                raise
        time.sleep(0.5)
