"""iperf3 between two nodes: a server for a number of sessions, a client that waits for it, and the parser of its JSON.

iperf3 before 3.16 is one thread a process: `processes` runs that many pairs, on consecutive ports, and adds them up.
"""

from metalctl.node.iperf.process import client, serve
from metalctl.node.iperf.result import IperfError, Stream, parse, total

__all__ = ["IperfError", "Stream", "client", "parse", "serve", "total"]
