"""Stored results of checks held to other limits, without touching a node.

A measurement remembers the limit that it was held to, not the name of that limit. So a limit of the other profile is
put to the measurement that was held to the limit of that name in the old profile; where that is not plain, the result
is UNKNOWN. So it is where the check would run otherwise (another runtime, another MTU), and where the old profile was
changed after the run, unless a measurement was held to just that limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from metalctl.model.finding import Finding
from metalctl.model.measurement import CheckResult, Measurement
from metalctl.model.profile import Profile
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict

Limits = dict[str, float | str | bool]
_BOUNDS = ("min_", "max_")


def replay(results: Iterable[CheckResult], old: Profile, new: Profile, *, changed: bool = False) -> tuple[Finding, ...]:
    """One finding or more for each check that the new profile names, in its order.

    changed: the old profile is no longer what it was when the checks ran.
    """
    done = list(results)
    found: list[Finding] = []
    for check, limits in new.checks.items():
        last = _last(r for r in done if r.check == check)
        if not last:
            remedy = "it runs when the node is enrolled with that profile"
            found.append(Finding(f"check.{check}", Verdict.UNKNOWN, "a result", "was never run", remedy=remedy))
        for result in last:
            found += _of(result, old.checks.get(check), limits, changed)
    return tuple(found)


def _last(results: Iterable[CheckResult]) -> list[CheckResult]:
    """The newest result for each part."""
    return list({result.part: result for result in sorted(results, key=lambda r: r.started)}.values())


def _of(result: CheckResult, old: Limits | None, new: Limits, changed: bool) -> Iterator[Finding]:
    name = f"check.{result.check}"
    if (old == new and not changed) or result.verdict in (Verdict.SKIP, Verdict.UNKNOWN):
        yield Finding(name, result.verdict, "", result.reason, result.part, "stored result", result.remedy)
        return
    if old is None:
        yield _unsure(name, result, "its limits of then are not known: the old profile does not name the check")
        return
    if other := _otherwise(old, new, changed):
        yield _unsure(name, result, f"it would run with another {', '.join(other)}")
        return
    yield from _by_limit(result, old, new, changed)


def _by_limit(result: CheckResult, old: Limits, new: Limits, changed: bool) -> Iterator[Finding]:
    """What each limit of the new profile says of the stored measurements."""
    name, held = f"check.{result.check}", dict(_held(result, old))
    names = {m.name for m in held.values()}
    bounds = {key: value for key, value in new.items() if key.startswith(_BOUNDS)}
    if gone := [m.name for m in result.measurements if m.verdict is Verdict.FAIL and m.name not in names]:
        yield _unsure(name, result, f"{', '.join(gone)} failed a limit that the profile does not name")
    elif result.verdict is Verdict.FAIL and all(m.verdict is not Verdict.FAIL for m in result.measurements):
        yield Finding(name, Verdict.FAIL, "", result.reason, result.part, "stored result", result.remedy)
        return
    for key, value in bounds.items():
        yield _bound(result, key, value, held.get(key), unchanged=not changed and old.get(key) == value)
    if not bounds and not gone:
        yield Finding(name, Verdict.PASS, "no limit", "ran", result.part, "stored result")


def _otherwise(old: Limits, new: Limits, changed: bool) -> list[str]:
    """How the check would run otherwise than it did: what is no bound on a measurement."""
    keys = sorted(key for key in old.keys() | new.keys() if not key.startswith(_BOUNDS))
    return [key for key in keys if changed or old.get(key) != new.get(key)]


def _held(result: CheckResult, old: Limits) -> Iterator[tuple[str, Measurement]]:
    """Old limit → the one measurement that was held to it."""
    for key, value in old.items():
        side = {"min_": "at_least", "max_": "at_most"}.get(key[:4])
        if side is None or isinstance(value, (str, bool)):
            continue
        fit = [m for m in result.measurements if getattr(m, side) == value]
        named = [m for m in fit if key[4:] in m.name] or fit
        if len(named) == 1:
            yield key, named[0]


def _bound(
    result: CheckResult, key: str, value: float | str | bool, measured: Measurement | None, unchanged: bool
) -> Finding:
    name = f"check.{result.check}.{key}"
    if measured is None or isinstance(value, (str, bool)):
        if unchanged and result.verdict is Verdict.PASS:
            return Finding(name, Verdict.PASS, "the same limit", "passed", result.part, "stored result")
        return _unsure(name, result, "no stored measurement is known to be what this limit is about")
    low = key.startswith("min_")
    good = measured.value >= value if low else measured.value <= value
    verdict = Verdict.UNKNOWN if measured.value != measured.value else Verdict.PASS if good else Verdict.FAIL
    expected = f"{'≥' if low else '≤'} {format_quantity(value, measured.unit)}"
    got = f"{measured.name} {format_quantity(measured.value, measured.unit)}"
    remedy = "" if verdict is Verdict.PASS else "the stored measurement does not hold under this profile"
    return Finding(name, verdict, expected, got, result.part, "stored result", remedy)


def _unsure(name: str, result: CheckResult, why: str) -> Finding:
    remedy = f"{why}; enroll the node with that profile to measure it again"
    return Finding(name, Verdict.UNKNOWN, "", f"was {result.verdict} then", result.part, "stored result", remedy)
