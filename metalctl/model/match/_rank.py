"""Which profile a machine fits best, and why not the others.

A profile for which nothing is wrong comes first; among those, the one that makes most use of the machine (nearly
anything meets a controller's demands). Then those with the least that fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.profile import Profile, Range
from metalctl.model.verdict import Verdict

_TELLING = (".cores", ".total", ".count")


@dataclass(frozen=True, slots=True)
class Ranked:
    """One profile and what was found. use: the share of the machine that it asks for, 0 to 1."""

    profile: Profile
    findings: tuple[Finding, ...]
    use: float = 0.0

    @property
    def failed(self) -> list[Finding]:
        """What is wrong with the hardware."""
        return [f for f in self.findings if f.blocks and f.verdict is Verdict.FAIL]

    @property
    def unknown(self) -> list[Finding]:
        """What could not be told."""
        return [f for f in self.findings if f.blocks and f.verdict is Verdict.UNKNOWN]

    @property
    def fits(self) -> bool:
        """Whether nothing blocks."""
        return not self.failed and not self.unknown

    @property
    def reasons(self) -> list[str]:
        """Why it does not fit, what fails first; for one that fits, what it asks for at least."""
        if self.fits:
            passed = [f for f in self.findings if f.verdict is Verdict.PASS]
            return [f"{f.requirement}: {f.got}" for f in passed if f.requirement.endswith(_TELLING)]
        return [f"{f.requirement}: expected {f.expected}, got {f.got}" for f in (*self.failed, *self.unknown)]


def ranked(found: list[Ranked]) -> list[Ranked]:
    """Best first; the order of equals is that of their names. A lab's profile asks next to nothing and comes after."""
    return sorted(found, key=lambda r: (len(r.failed), len(r.unknown), r.profile.lab, -r.use, r.profile.name))


def use(inventory: Inventory, profile: Profile) -> float:
    """How much of the machine the profile asks for: the mean over cores, memory and disks of asked by there."""
    needs = profile.requires_of(inventory.identity)
    memory = inventory.memory.installed or inventory.memory.total or 0
    shares = [
        _share(needs.cpu.cores, inventory.cpu.cores or 0),
        _share(needs.memory.total, memory),
        min(1.0, sum(_low(d.count) for d in needs.disks) / max(len(inventory.disks), 1)),
    ]
    return sum(shares) / len(shares)


def _share(asked: Range | None, there: float) -> float:
    return min(1.0, _low(asked) / there) if there > 0 else 0.0


def _low(bounds: Range | None) -> float:
    return (bounds.low or 0) if bounds else 0
