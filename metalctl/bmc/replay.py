"""Where scripts outside of this repository find the replayed BMC: it is the lab's (metalctl.lab.fleet.replay)."""

from metalctl.lab.fleet.replay import Fault, Replay, certificate

__all__ = ["Fault", "Replay", "certificate"]
