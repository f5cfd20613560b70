"""A power supply gives no power: it has failed, or its cord is not plugged in."""

from __future__ import annotations

from metalctl.lab.fleet.faults._hardware import Resource, ill
from metalctl.lab.fleet.faults._supplies import OneSupply

_NOTHING = ("LineInputVoltage", "LastPowerOutputWatts", "PowerInputWatts", "PowerOutputWatts")


class Broken(OneSupply):
    """It is fitted, and critical."""

    def damage(self) -> None:
        """Both views and the log."""
        name = self.change(_dead)
        self.report(f"{name} has failed: power redundancy is lost.")


def _dead(supply: Resource) -> Resource:
    status = ill(supply, State="UnavailableOffline")
    return {**supply, **{key: 0 for key in _NOTHING if key in supply}, "Status": status}
