"""The `measure` fixture: records values with their limits; the verdict is drawn when the check has returned."""

from __future__ import annotations

from metalctl.model.measurement import Measurement
from metalctl.model.units import format_quantity
from metalctl.model.verdict import Verdict, combine


class Measures:
    """Callable that a check hands its values to. A value beyond its limit does not end the check: all are taken."""

    def __init__(self) -> None:
        self.taken: list[Measurement] = []

    def __call__(
        self,
        name: str,
        value: float,
        *,
        unit: str = "1",
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Measurement:
        """Record one value in its base unit; limits None are not held."""
        taken = Measurement(name, float(value), unit, at_least=at_least, at_most=at_most)
        self.taken.append(taken)
        return taken

    @property
    def verdict(self) -> Verdict:
        """Over all measurements; SKIP when none was held to a limit."""
        return combine(m.verdict for m in self.taken)

    def complaints(self, verdict: Verdict) -> list[str]:
        """One sentence for each measurement of that verdict."""
        return [sentence(m) for m in self.taken if m.verdict is verdict]


def sentence(measurement: Measurement) -> str:
    """ "read_iops is 312 IO/s, wanted at least 400000 IO/s"."""
    bounds = (("at least", measurement.at_least), ("at most", measurement.at_most))
    wanted = " and ".join(f"{word} {format_quantity(b, measurement.unit)}" for word, b in bounds if b is not None)
    got = format_quantity(measurement.value, measurement.unit)
    return f"{measurement.name} is {got}, wanted {wanted}" if wanted else f"{measurement.name} is {got}"
