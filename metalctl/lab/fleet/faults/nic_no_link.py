"""A port of the fastest network card has no link: its cable is not plugged in."""

from __future__ import annotations

from metalctl.lab.fleet.faults._adapters import OneAdapter


class Broken(OneAdapter):
    """A port without a link has no speed."""

    def damage(self) -> None:
        """Link and speed in both views."""
        self.port({"LinkStatus": "LinkDown", "CurrentSpeedGbps": 0}, {"LinkStatus": "LinkDown", "SpeedMbps": 0})
