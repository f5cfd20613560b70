"""The whole fingerprint of a machine out of its inventory: what `likeness` and `similarity` weigh."""

from __future__ import annotations

from dataclasses import replace

from metalctl.model.identity import Identity, dimm_id, usable_mac
from metalctl.model.inventory import Inventory


def fingerprint(inventory: Inventory) -> Identity:
    """Its identity, with the MAC addresses of its ports and what tells its memory modules from others."""
    macs = {mac for text in (*inventory.identity.macs, *(n.mac for n in inventory.nics)) if (mac := usable_mac(text))}
    dimms = {known for d in inventory.memory.dimms if (known := dimm_id(d.manufacturer, d.part_number, d.serial))}
    return replace(inventory.identity, macs=tuple(sorted(macs)), dimms=tuple(sorted(dimms)))
