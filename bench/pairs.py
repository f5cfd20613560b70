"""`./dev bench pairs`: the schedule of 500 nodes, and who is blamed for simulated slow pairs.

Figures: schedule_500_s, the whole tournament of 500 nodes on one switch (124,750 pairs), and schedule_500_uplinks_s, a
burn-in of 500 nodes on twelve switches; solve_500_s, the matrix of that burn-in with two faults; each also as _cpu_s,
of the processor. trials: how many matrices. blamed_right: the share of injected faults that are named for certain, with
the right direction (right_LEVEL_N: of a level, with N faults); open: the share named among others, as undecided;
direction_off: how many were named with another direction than they have; blamed_wrong: how many places were named that
have no fault, which must be 0. naive_right, naive_wrong: the same
matrices under the rule "a node is bad when the mean of its pairs is below the limit", which knows no uplink and no
direction: any faulty node that it names counts as right.

A matrix has 8, 13, 24 or 48 nodes on one to four switches, links of 24.7 Gb/s with noise of 3 % (standard deviation),
a limit of 23 Gb/s, and one or two faults: a node or an uplink at half speed, both ways or one.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from metalctl.engine.pipeline.pairing import ROUNDS, Round, plan, rounds_for
from metalctl.model.pairs import Blame, Cell, Place, network, node, solve

NOMINAL, LIMIT, NOISE, HALF, DOUBT = 24.7e9, 23.0e9, 0.03, 0.5, 0.03
TRIALS = 100
T = TypeVar("T")
# A fault: where, and in which directions.
Fault = tuple[Place, tuple[str, ...]]


def main(words: list[str]) -> int:
    """Measure and print; exit code 1 when anything was blamed for certain that has no fault."""
    trials = int(words[words.index("--trials") + 1]) if "--trials" in words else TRIALS
    figures: dict[str, float] = speed()
    counted: Counter[str] = Counter()
    for level in ROUNDS:
        for faults in (1, 2):
            here: Counter[str] = Counter()
            for number in range(trials):
                here.update(trial(random.Random(f"{level} {faults} {number}"), level, faults))  # noqa: S311
            figures[f"right_{level}_{faults}"] = here["right"] / here["faults"]
            counted.update(here)
    figures |= {
        "trials": counted["trials"],
        "blamed_right": counted["right"] / counted["faults"],
        "blamed_wrong": counted["wrong"],
        "direction_off": counted["direction"],
        "open": counted["open"] / counted["faults"],
        "naive_right": counted["naive_right"] / counted["faults"],
        "naive_wrong": counted["naive_wrong"],
    }
    sys.stdout.write("\n".join(f"{name:<24} {value:10.4g}" for name, value in figures.items()) + "\n")
    if "--json" in words:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if counted["wrong"] else 0


def speed() -> dict[str, float]:
    """How long 500 nodes take, in seconds."""
    names = [f"n{i:03}" for i in range(500)]
    switches = {name: f"tor{i // 42}" for i, name in enumerate(names)}
    _, one = timed("schedule_500", lambda: plan(names, dict.fromkeys(names, "tor0"), 1, len(names)))
    rounds, several = timed("schedule_500_uplinks", lambda: rounds_for(names, "burn-in", switches, 4))
    faults = [(node("n007"), ("rx", "tx")), (network("tor3"), ("rx", "tx"))]
    cells = [cell for cell, _ in measured(random.Random(1), rounds, switches, faults)]  # noqa: S311
    _, solved = timed("solve_500", lambda: solve(cells, switches))
    return one | several | solved


def timed(name: str, work: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """What it gives, and its time by the clock and of the processor."""
    begun, used = time.perf_counter(), time.process_time()
    found = work()
    seconds, busy = time.perf_counter() - begun, time.process_time() - used
    return found, {f"{name}_s": seconds, f"{name}_cpu_s": busy}


def trial(random_: random.Random, level: str, number: int) -> Counter[str]:
    """One matrix: how many faults it has, and how many were named, left open, and named wrongly."""
    names = [f"n{i:02}" for i in range(random_.choice((8, 13, 24, 48)))]
    count = random_.randint(1, 4)
    switches = {name: f"tor{i * count // len(names)}" for i, name in enumerate(names)}
    places = [*map(node, names), *(network(s) for s in set(switches.values()) if count > 1)]
    chosen = random_.sample(sorted(places), number)
    faults = [(place, random_.choice((("rx", "tx"), ("rx",), ("tx",)))) for place in chosen]
    matrix = list(measured(random_, rounds_for(names, level, switches, 2), switches, faults))
    found = solve((cell for cell, _ in matrix), switches)
    told = Counter({"trials": 1, "faults": number})
    true = {(_as_named(place, count), ways) for place, ways in faults}
    for blame in found.blamed:
        told[_how(blame, true)] += 1
    told["open"] = told["set"] + sum(
        any(_as_named(p, count) in causes for causes in found.open.values()) for p, _ in faults
    )
    return told + naive(matrix, [p for p, _ in faults])


def _how(blame: Blame, true: set[Fault]) -> str:
    """A switch's uplink that only ever was tested with one other switch is named together with that one's: "set"."""
    if blame.place.is_node:
        here = [ways for place, ways in true if place == blame.place]
        return ("right" if blame.ways in here else "direction") if here else "wrong"
    named = [place for place, _ in true if not place.is_node and set(place.names) <= set(blame.place.names)]
    return "right" if blame.place in named else "set" if named else "wrong"


def _as_named(place: Place, switches: int) -> Place:
    """Between two switches there is one link: the ends of it are one place."""
    return network("tor0", "tor1") if not place.is_node and switches == 2 else place


def measured(
    random_: random.Random, rounds: Sequence[Round], switches: Mapping[str, str], faults: Sequence[Fault]
) -> Iterator[tuple[Cell, float]]:
    """Each direction of each pair, with its rate in bit/s."""
    bad = {(place, way) for place, ways in faults for way in ways}
    for pairs in rounds:
        for a, b in pairs:
            for here, there in ((a, b), (b, a)):
                way = {(node(here), "tx"), (node(there), "rx")}
                if switches[here] != switches[there]:
                    way |= {(network(switches[here]), "tx"), (network(switches[there]), "rx")}
                rate = NOMINAL * (HALF if way & bad else 1.0) * random_.gauss(1.0, NOISE)
                good = True if rate >= LIMIT else False if rate < LIMIT * (1 - DOUBT) else None
                yield Cell(here, there, good), rate


def naive(matrix: Sequence[tuple[Cell, float]], places: Sequence[Place]) -> Counter[str]:
    """Nodes whose pairs are slow on average."""
    rates: dict[str, list[float]] = defaultdict(list)
    for cell, rate in matrix:
        for name in cell.pair:
            rates[name].append(rate)
    named = {node(name) for name, some in rates.items() if sum(some) / len(some) < LIMIT}
    return Counter({"naive_right": len(named & set(places)), "naive_wrong": len(named - set(places))})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
