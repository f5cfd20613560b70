"""Silent errors of a processor: every core computes the same things, and one whose results differ is named.

Profile:
    checks:
      cpu-results: {runtime: 10 min}
Limits: runtime of all cores together (quick 60 s, normal 30 min, burn-in 4 h); min_rounds is how often each core must
have been compared at least.
Leaves: cores compared, rounds of each; where AES was computed.
Source: SHA-256, SHA-512, CRC-32, compression and back, long integers, floating point, and AES by the kernel's own
driver (AF_ALG), pinned to one processor after the other. What most of them say is right; a core that says otherwise in
any round, or other than itself, has failed. OpenDCDiag looks deeper; run it too where it is installed.
"""

from __future__ import annotations

from typing import Any

from metalctl.node import golden
from metalctl.node.errors import HardwareFault, ToolFailed
from metalctl.node.plugin import check


@check(
    component="cpu",
    estimate="60 s",
    timeout=300,
    limits={"runtime": {"quick": 60.0, "normal": 1800.0, "burn-in": 14400.0}, "min_rounds": 2},
    remedy="replace the processor of the core that is named: no update repairs a broken core",
)
def test_cpu_results(limits: Any, measure: Any, evidence: dict[str, object]) -> None:
    found = golden.compare(limits.runtime, int(limits.min_rounds))
    evidence.update(aes=found.aes, computations=", ".join(found.names))
    measure("cores", found.cores)
    measure("rounds", found.rounds, at_least=limits.min_rounds)
    if found.wrong:
        raise HardwareFault("; ".join(str(one) for one in found.wrong))
    if found.cores < 2:
        raise ToolFailed("one core alone has nothing to be compared with", hint="look at the kernel's maxcpus")
