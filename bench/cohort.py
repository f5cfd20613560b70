"""`./dev bench cohort`: cohorts with a known truth against the rule of metalctl/model/cohort, and the 2σ rule as well.

Figures, each the worst over cohorts of 5 to 60 parts, of which each was measured three times. Promised:

- found_8pct_cv05: of parts that are 8 % slow, the share called an outlier; one a cohort, repeatability CV 0.5 %, parts
  otherwise equal.
- found_half_speed: of parts at half speed, the same, where healthy parts differ by up to 2 %; one or a third of all.
- false_positive_max: of healthy parts, the share called an outlier, over the shapes below.
- absolute_only_below_5: 1 when no cohort of 1 to 4 parts gave any outlier, and each said why.

Reported, not promised: found_8pct_spread1 (healthy parts differ by 1 %), found_half_speed_wide (by 5 %),
false_positive_heavy (tails so heavy that a tail and a fault look alike) and unclear_max (healthy parts of which the
rule says that it cannot tell). two_sigma_…: the plain rule (below mean − 2 standard deviations) on the same cohorts.

`--trials N`: healthy parts to draw for each shape and size (default 20,000), and a tenth as many slow ones. Pure
arithmetic: the load of the machine does not change a figure; the seeds are fixed.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median, pstdev

from metalctl.model.cohort import FEWEST, Mark, Sense, judge
from metalctl.model.verdict import Verdict

TRIALS = 20_000
SIZES = (5, 6, 8, 12, 24, 60)
CV = 0.005
Parts = list[list[float]]
Draw = Callable[[random.Random, int], list[float]]


def _normal(sd: float) -> Draw:
    return lambda rng, n: [rng.gauss(0, sd) for _ in range(n)]


def _tail(scale: float) -> Draw:
    """Nearly all at the best, and an exponential tail of slower ones."""
    return lambda rng, n: [-rng.expovariate(1 / scale) for _ in range(n)]


def _skewed(sd: float) -> Draw:
    """Log-normal, slow side longer."""
    return lambda rng, n: [1 - rng.lognormvariate(0, sd) for _ in range(n)]


def _two(apart: float, share: float) -> Draw:
    """Two deliveries: so many of the parts are slower by `apart`."""
    return lambda rng, n: [(-apart if i < round(share * n) else 0.0) + rng.gauss(0, 0.007) for i in range(n)]


# How healthy parts of one kind differ, relative to their speed.
SHAPES: dict[str, Draw] = {
    "equal": _normal(0.0),
    "normal 1 %": _normal(0.01),
    "normal 2 %": _normal(0.02),
    "normal 5 %": _normal(0.05),
    "skewed 2 %": _skewed(0.02),
    "skewed 5 %": _skewed(0.05),
    "slow tail 1 %": _tail(0.01),
    "two groups 4 % apart": _two(0.04, 0.4),
    "two groups 10 % apart": _two(0.10, 0.4),
}
HEAVY: dict[str, Draw] = {"slow tail 2 %": _tail(0.02), "slow tail 5 %": _tail(0.05)}


def cohort(rng: random.Random, draw: Draw, size: int, slow: int = 0, factor: float = 1.0, cv: float = CV) -> Parts:
    """Three measurements of each part; the last `slow` parts run at `factor` of their speed."""
    speeds = [1 + d for d in draw(rng, size)]
    speeds = [s * factor if i >= size - slow else s for i, s in enumerate(speeds)]
    return [[s * (1 + rng.gauss(0, cv)) for _ in range(3)] for s in speeds]


def _seeded(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a simulation, which has to give the same figures again


def two_sigma(parts: Parts) -> list[bool]:
    """The plain rule: below the mean by more than two standard deviations."""
    values = [median(p) for p in parts]
    least = fmean(values) - 2 * pstdev(values)
    return [v < least for v in values]


def found(draw: Draw, size: int, factor: float, cohorts: int, third: bool = False) -> tuple[float, float]:
    """Shares of slow parts that the rule and the 2σ rule name; one a cohort, or a third of it."""
    rng, ours, plain = _seeded(f"{size} {factor} {third}"), 0, 0
    slow = size // 3 if third else 1
    for _ in range(cohorts):
        parts = cohort(rng, draw, size, slow, factor)
        marks = [p.mark for p in judge(parts, Sense.HIGH)[1]]
        ours += marks[size - slow :].count(Mark.OUTLIER)
        plain += two_sigma(parts)[size - slow :].count(True)
    return ours / (slow * cohorts), plain / (slow * cohorts)


def accused(draw: Draw, size: int, trials: int) -> tuple[float, float, float]:
    """Shares of healthy parts that the rule calls outliers, that it cannot tell, and that the 2σ rule names."""
    rng, ours, unclear, plain, every = _seeded(str(size)), 0, 0, 0, 0
    for _ in range(max(trials // size, 1)):
        parts = cohort(rng, draw, size)
        marks = [p.mark for p in judge(parts, Sense.HIGH)[1]]
        ours += marks.count(Mark.OUTLIER)
        unclear += sum(m.verdict is Verdict.UNKNOWN for m in marks)
        plain += sum(two_sigma(parts))
        every += size
    return ours / every, unclear / every, plain / every


def absolute_only(trials: int) -> bool:
    """Whether no part of a cohort that is too small was judged by it, and the cohort says so."""
    rng = _seeded("few")
    for size in range(1, FEWEST):
        for _ in range(trials // 100):
            spread, places = judge(cohort(rng, SHAPES["equal"], size, 1, 0.5), Sense.HIGH)
            if not spread.absolute or any(p.mark is not Mark.ABSOLUTE for p in places):
                return False
    return True


def measure(trials: int) -> dict[str, float]:
    """All figures, as shares from 0 to 1; a line for each shape on the way."""
    begun = time.perf_counter()
    figures: dict[str, float] = {}
    for name, draw in (("found_8pct_cv05", SHAPES["equal"]), ("found_8pct_spread1", SHAPES["normal 1 %"])):
        _keep(figures, name, [found(draw, n, 0.92, trials // 10) for n in SIZES])
    for name, widest in (("found_half_speed", "2 %"), ("found_half_speed_wide", "5 %")):
        draws = [
            d for shape, d in SHAPES.items() if "groups" not in shape and (shape == "equal" or shape[-3:] <= widest)
        ]
        _keep(figures, name, [found(d, n, 0.5, trials // 50, t) for d in draws for n in SIZES for t in (False, True)])
    for name, shapes in (("false_positive_max", SHAPES), ("false_positive_heavy", HEAVY)):
        shares = [accused(draw, n, trials) for draw in shapes.values() for n in SIZES]
        for shape, row in zip(shapes, _rows(shares), strict=True):
            sys.stdout.write(f"  healthy, {shape:<22} {_percent(s[0] for s in row)}\n")
        figures[name] = max(s[0] for s in shares)
        figures[f"two_sigma_{name}"] = max(s[2] for s in shares)
        figures.setdefault("unclear_max", max(s[1] for s in shares))
    figures["absolute_only_below_5"] = float(absolute_only(trials))
    figures["seconds"] = time.perf_counter() - begun
    return figures


def _keep(figures: dict[str, float], name: str, shares: Sequence[tuple[float, float]]) -> None:
    """The worst of the rule; of the 2σ rule, which never fires for the smallest cohorts, the mean as well."""
    ours, plain = zip(*shares, strict=True)
    figures |= {name: min(ours), f"two_sigma_{name}": min(plain), f"two_sigma_{name}_mean": fmean(plain)}


def _rows(shares: Sequence[tuple[float, float, float]]) -> list[Sequence[tuple[float, float, float]]]:
    return [shares[i : i + len(SIZES)] for i in range(0, len(shares), len(SIZES))]


def _percent(shares: Iterable[float]) -> str:
    return " ".join(f"{100 * s:6.2f}" for s in shares)


def main(words: list[str]) -> int:
    """Measure and print; exit code 1 when one of the promised figures is missed."""
    trials = int(words[words.index("--trials") + 1]) if "--trials" in words else TRIALS
    sys.stdout.write(f"per cent of healthy parts called outliers, cohorts of {SIZES}\n")
    figures = measure(trials)
    sys.stdout.write("\n".join(f"{name:<34} {value:8.4f}" for name, value in figures.items()) + "\n")
    if "--json" in words:
        sys.stdout.write(json.dumps(figures) + "\n")
    kept = figures["found_8pct_cv05"] >= 0.99 and figures["found_half_speed"] == 1.0
    return 0 if kept and figures["false_positive_max"] <= 0.005 and figures["absolute_only_below_5"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
