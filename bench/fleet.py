"""`./dev bench fleet`: what the engine costs with a thousand nodes and for weeks, with simulated BMCs and machines.

    --only lists|sweep|ironic|blackhole|waiting|whole|services|storm|base   one part (may be given again)
                     without it all but services, storm and base, which take hours, PostgreSQL, or the old tree
    --nodes N        in place of 1,000 nodes (and of 10,000 in lists and services, ten times as many)
    --minutes M      how long the service is killed each two minutes in `storm` (60)
    --watch S        seconds for which waiting nodes are watched (120)
    --scale F        how long the machines of `whole` and `services` take, in parts of their usual hour and more
    --json           the last line is one JSON object with the figures

It runs in a network namespace of its own, as root: the machines are on 127/8, port 22. What each figure is stands in
the file of its part. Figures are those of this machine under the load that it has: the load is told beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from bench import _base, _ironic, _lists, _rig, _services, _storm, _sweep, _waiting, _whole

# Nodes for the comparison: Ironic takes minutes for them.
IRONIC = 100
Part = Callable[[argparse.Namespace], dict[str, Any]]
PARTS: dict[str, Part] = {
    "lists": lambda given: _lists.measure(10 * given.nodes),
    "sweep": lambda given: _sweep.measure([n for n in (10, 100, 1000) if n < given.nodes] + [given.nodes]),
    "ironic": lambda given: _against_ironic(min(given.nodes, IRONIC)),
    "blackhole": lambda given: _sweep.blackholes(given.nodes),
    "waiting": lambda given: _waiting.measure(given.nodes, given.watch),
    "whole": lambda given: _whole.measure(given.nodes, given.scale),
    "services": lambda given: _services.measure(10 * given.nodes, given.scale),
    "storm": lambda given: _storm.measure(given.nodes, given.minutes),
    "base": lambda given: _base.measure(given.nodes),
}
ASKED_FOR = ("services", "storm", "base")
# Figure → what is wanted of it; of a thousand nodes.
WANTED = {
    "rows_per_enrollment": "≤ 60", "recover_1000_s": "≤ 10", "recover_1000_mb": "≤ 250", "idle_1000_cores": "≤ 0.15",
    "idle_1000_mb": "≤ 400", "news_s": "< 2", "start_s": "≤ 2", "list_10000_s": "≤ 0.5", "page_60_ms": "≤ 20",
    "machines_per_min": "≥ 600", "ratio_vs_ironic": "≥ 10",
    "blackhole_ratio": "≤ 1.2", "enroll_1000_failed": "0", "added_time_ratio": "≤ 1.05",
    "rss_mb": "< 500", "enroll_10000_failed": "0", "takeover_s": "≤ 60",
    "storm_lost": "0", "storm_stuck": "0", "storm_twice": "0",
}  # fmt: skip


def _against_ironic(count: int) -> dict[str, Any]:
    """Both on the same number of the same BMCs, one after the other."""
    theirs, ours = _ironic.measure(count), _sweep.measure([count])
    ratio = ours["machines_per_min"] / theirs["ironic_machines_per_min"]
    return {**theirs, "our_machines_per_min": ours["machines_per_min"], "ratio_vs_ironic": ratio}


def main(words: list[str]) -> int:
    """Measure the parts that were asked for, and print."""
    parser = argparse.ArgumentParser("bench fleet", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", action="append", choices=sorted(PARTS))
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--watch", type=float, default=120.0)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(words)
    parts = given.only or [name for name in PARTS if name not in ASKED_FOR]
    if "ironic" in parts:
        _ironic.install()
    _rig.enter_namespace()
    # What was begun is ended too when this is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: told to stop"))
    figures: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    for name in parts:
        begun = time.perf_counter()
        found = PARTS[name](given)
        figures |= found
        sys.stdout.write(f"\n{name} ({time.perf_counter() - begun:.0f} s, load {os.getloadavg()[0]:.1f})\n")
        for figure, value in found.items():
            shown = f"{value:.3g}" if isinstance(value, float) else json.dumps(value)
            sys.stdout.write(f"  {figure:24} {shown:>12}   {WANTED.get(figure, '')}\n")
        sys.stdout.flush()
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
