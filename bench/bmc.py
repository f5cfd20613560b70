"""`./dev bench bmc [--json] [--count N]`: our BMC room beside sushy and nmap, on the same simulator in one run.

The simulator (`metalctl lab bmcs`) serves 1,000 BMCs over TLS at 50 ms a request, from the capture of a PowerEdge R750
(from our own storage tree where the capture is absent). Simulator, client and peer are processes of their own; the
peer reads the same parts of fewer nodes, and nodes a second are compared. Requests are counted by the simulator.

Exit code 1 when a node was not read, a machine not found, or a repeated sweep read something again: a figure of a run
that did not do its work is none. A missed target of speed is shown, and is no error.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from bench._fleet import CAPTURE, USERNAME, Running, fleet, seconds_of, taken, worker
from bench._nmap import scan as nmap

COUNT = 1000
PEERS = 30
PEERS_BY_DEFAULT = 3
LATENCY = "50ms"
CONCURRENCY = 128
UDP_NETWORK = "127.77.0.0/16"
TCP_NETWORK = "127.79.0.0/20"
TCP_PORT = 443


@dataclass(frozen=True)
class Row:
    """One line of the table. target: with its sign, "" for none; peer: in words."""

    name: str
    value: float
    target: str = ""
    peer: str = ""

    def line(self) -> str:
        """As a person reads it."""
        met = ""
        if self.target:
            sign, bound = self.target.split()
            met = "met" if (self.value >= float(bound) if sign == "≥" else self.value <= float(bound)) else "MISSED"
        return f"{self.name:<28} {self.value:10.2f}  {self.target:<8} {met:<7} {self.peer}".rstrip()


def main(words: list[str]) -> int:
    """Run everything, print the table; with --json the figures in one last line."""
    count = int(words[words.index("--count") + 1]) if "--count" in words else COUNT
    udp_port = 623 if os.geteuid() == 0 else 16230
    problems: list[str] = []
    _say(f"{count} BMCs of {'the R750 capture' if CAPTURE.exists() else 'our storage tree'}, {LATENCY} a request, TLS")
    with fleet("--latency", LATENCY, "--ipmi-port", str(udp_port), count=count) as running:
        rows = [*_sweeps(running, count, problems), *_scans(udp_port, count, problems)]
    for row in rows:
        _say(row.line())
    for problem in problems:
        _say(f"PROBLEM: {problem}")
    if "--json" in words:
        _say(json.dumps({row.name: round(row.value, 3) for row in rows} | {"problems": problems}))
    return 1 if problems else 0


def _order(running: Running, what: str, count: int) -> dict[str, Any]:
    account = {"username": USERNAME, "password": running.password}
    where = {"urls": running.urls(count), "statistics": running.control}
    return {"what": what, "concurrency": CONCURRENCY, **account, **where}


def _peer(running: Running, count: int, tls: str) -> dict[str, Any]:
    taken(running.control)
    told = worker("_sushy", {**_order(running, "sweep", count), "threads": count, "tls": tls})
    return {**told, "rate": told["nodes"] / told["seconds"], "requests": taken(running.control)["requests"] / count}


def _sweeps(running: Running, count: int, problems: list[str]) -> list[Row]:
    """The first sweep beside sushy's, then the same again with nothing changed, as the service does."""
    peers = min(PEERS, count)
    kept, default = _peer(running, peers, "1.2"), _peer(running, min(PEERS_BY_DEFAULT, count), "")
    best = max(kept["rate"], default["rate"])
    taken(running.control)
    before = seconds_of(running.pid)
    ours = worker("_client", _order(running, "sweep", count))
    first, again = ours["first"], ours["again"]
    simulator = seconds_of(running.pid) - before
    for name, one in (("first", first), ("repeated", again)):
        if one["nodes"] != count or one["errors"]:
            problems.append(f"{name} sweep: {one['nodes']} of {count} nodes read, errors {one['errors']}")
    if first["unreadable"]:
        problems.append(f"first sweep: facts could not be read: {first['unreadable']}")
    if again["unchanged"] != count:
        problems.append(f"repeated sweep: {again['unchanged']} of {count} were taken for unchanged")
    if again["powered"] != count:
        problems.append(f"repeated sweep: {again['powered']} of {count} told whether they are on")
    if not kept["alike"]:
        problems.append("sushy did not read the same parts of every node")
    rate = first["nodes"] / first["seconds"]
    told = f"sushy {best:.2f} nodes/s, us {rate:.1f}; {kept['requests']:.0f} requests a node, us"
    costs = [1000 * one["cpu_s"] / one["nodes"] for one in (kept, default)]
    cost = f"sushy {costs[0]:.0f}, with its default TLS {costs[1]:.0f}"
    requests = first["statistics"]["requests"] / count
    _say(f"read of a node: {first['facts']}; sushy: {kept['parts']}")
    _say(
        f"most requests at once at one BMC: {first['statistics']['most_in_flight']}; simulator {simulator:.1f} s of CPU"
    )
    return [
        Row("sweep_ratio_vs_sushy", rate / best, "≥ 7", f"{told} {requests:.0f}"),
        Row(
            "sweep_ratio_vs_sushy_default",
            rate / default["rate"],
            "",
            f"sushy with its default TLS {default['rate']:.2f} nodes/s",
        ),
        Row(f"wall_{count}_nodes_s", first["seconds"], "≤ 40", f"sushy would take {count / best:.0f}"),
        Row("cpu_ms_per_node", 1000 * first["cpu_s"] / count, "≤ 20", cost),
        Row("requests_per_node_expand", requests, "≤ 25", f"sushy {kept['requests']:.0f}"),
        Row("repeat_requests_per_node", again["statistics"]["requests"] / count, "≤ 3"),
        Row(f"power_poll_{count}_s", again["seconds"], "≤ 5", "power, health, parts of known nodes: a repeated sweep"),
        Row("rss_mb", ours["rss_mb"], "≤ 300", f"sushy {kept['rss_mb']:.0f} for {kept['nodes']} nodes"),
    ]


def _scans(udp_port: int, count: int, problems: list[str]) -> list[Row]:
    """A /16 of which `count` answer over IPMI, and a /20 that refuses every connection."""
    rows = []
    for name, protocol, network, port, wanted, target in (
        ("scan_16_udp_s", "ipmi", UDP_NETWORK, udp_port, count, "≤ 5"),
        ("scan_20_tcp_s", "redfish", TCP_NETWORK, TCP_PORT, 0, "≤ 2"),
    ):
        ports = {"udp_port": udp_port, "tcp_port": TCP_PORT}
        order = {"what": "scan", "network": network, "protocol": protocol, "rate": 0, "timeout": 1.0, **ports}
        ours = worker("_client", order)
        if ours["found"] != wanted:
            problems.append(f"{name}: {ours['found']} found, {wanted} are there")
        said = f"found {ours['found']}; {nmap(protocol, network, port, ours['seconds'])}"
        rows.append(Row(name, ours["seconds"], target, said))
    return rows


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
