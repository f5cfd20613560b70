"""Parts of an inventory as a ticket names them."""

from __future__ import annotations

from metalctl.model.frus import of_controller, of_dimm, of_disk, of_nic, of_package, of_supply

__all__ = ["of_controller", "of_dimm", "of_disk", "of_nic", "of_package", "of_supply"]
