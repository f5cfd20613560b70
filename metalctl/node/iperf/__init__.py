"""iperf3 between two nodes: a server for a number of sessions, a client that waits for it, and the parser of its JSON.

iperf3 before 3.16 is one thread a process: `processes` runs that many pairs, on consecutive ports, and adds them up. A
test of less time than asked, with another exit code than 0, or of somebody else than the peer is none.
"""

from metalctl.node.iperf.callers import Callers
from metalctl.node.iperf.process import client
from metalctl.node.iperf.result import IperfError, Stream, parse, total
from metalctl.node.iperf.server import serve

__all__ = ["Callers", "IperfError", "Stream", "client", "parse", "serve", "total"]
