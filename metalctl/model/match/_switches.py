"""Which ports are at one switch: by the chassis id that LLDP carries.

Names are given by people or left at the maker's default ("switch"), so that two switches may share one. A neighbour
without an id is known by its name, unless several of that name were heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from metalctl.model.inventory import Nic


class Switches:
    """The switches that these ports see."""

    def __init__(self, nics: Iterable[Nic]) -> None:
        self._ids: dict[str, set[str]] = defaultdict(set)
        for nic in nics:
            if nic.neighbour and nic.neighbour.identity:
                self._ids[nic.neighbour.switch].add(nic.neighbour.identity)

    def of(self, nic: Nic) -> str:
        """What two ports at one switch share; "" when that is not known."""
        if nic.neighbour is None or nic.neighbour.identity:
            return nic.neighbour.identity if nic.neighbour else ""
        same = self.named(nic.neighbour.switch)
        return "" if len(same) > 1 else same[0] if same else nic.neighbour.switch

    def named(self, name: str) -> list[str]:
        """The chassis ids of the switches of that name."""
        return sorted(self._ids[name]) if name in self._ids else []

    def shown(self, nic: Nic) -> str:
        """The switch's name, with its chassis id where another switch has the same name."""
        if nic.neighbour is None:
            return ""
        name, identity = nic.neighbour.switch, nic.neighbour.identity
        return f"{name} ({identity or 'no chassis id'})" if len(self.named(name)) > 1 else name
