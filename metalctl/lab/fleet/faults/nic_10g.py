"""A port of the fastest network card runs at less than it can (default 10 Gb/s): cable, optic or switch port."""

from __future__ import annotations

from metalctl.lab.fleet.faults._adapters import OneAdapter


class Broken(OneAdapter):
    """The parameter is Gb/s."""

    default = "10"
    numeric = True

    def damage(self) -> None:
        """The speed in both views; what the port can do stays."""
        gbps = float(self.parameter)
        self.port({"CurrentSpeedGbps": gbps}, {"SpeedMbps": round(gbps * 1000)})
