"""Processors under load: all of them compute at full load for the whole time, and every result is verified.

Profile:
    checks:
      cpu-stress: {runtime: 2 h, min_busy: 95 %, min_frequency: 2 GHz}
Limits: runtime of all stressors together (quick 60 s, normal 1 h, burn-in 12 h); min_busy is the share of all
processors' time that must have been spent: a load that did not happen must not pass; min_frequency (optional) is
the lowest mean clock that a processor package may fall to. How many throttle events are let pass stands in `errors`.
Leaves: by stressor its rate; busy; the lowest clock of each package.
Source: stress-ng --verify, one of `stressors` after the other: cpu (all its methods), matrix, vecmath, vecwide, hash.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check
from metalctl.node.stress import strain


@check(
    component="cpu",
    estimate="60 s",
    needs=("stress-ng",),
    timeout=900,
    limits={
        "runtime": {"quick": 60.0, "normal": 3600.0, "burn-in": 43200.0},
        "stressors": "cpu matrix vecmath vecwide hash",
        "min_busy": 0.95,
        "min_frequency": None,
    },
    remedy="look at cooling, power limits and the kernel log; then replace the processor that is named there",
)
def test_cpu_stress(sysroot: Path, limits: Any, measure: Any) -> None:
    stressors = limits.stressors.split()
    if not stressors:
        raise ToolFailed("the profile names no stressor", hint="take stressors out, or name some")
    done = [strain(stressor, limits.runtime / len(stressors), root=sysroot) for stressor in stressors]
    for one in done:
        measure(f"{one.stressor}_rate", one.rate, unit="1/s")
    measure("busy", min(one.busy for one in done), unit="fraction", at_least=limits.min_busy)
    packages = sorted({package for one in done for package in one.slowest})
    for package in packages:
        clock = min(one.slowest[package] for one in done if package in one.slowest)
        measure(f"frequency_{package}", clock, unit="Hz", at_least=limits.min_frequency)
    if limits.min_frequency is not None and not packages:
        raise ToolFailed("the kernel states no clock of the processors", hint="take min_frequency out")
