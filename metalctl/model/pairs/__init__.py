"""Tests in pairs: what was measured, and which NIC, cable, switch port, uplink or peer is to blame for it."""

from metalctl.model.pairs.cells import SPINE, Cell, Place, network, node
from metalctl.model.pairs.solve import Blame, Solution, solve

__all__ = ["SPINE", "Blame", "Cell", "Place", "Solution", "network", "node", "solve"]
