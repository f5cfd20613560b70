"""Runs one virtualbmc in the foreground: `python -m metalctl.lab.ipmi_bmc CONFIG.json`.

virtualbmc's own daemon takes the password as an argument and restarts its children unseen; a part of the rack must do
neither. CONFIG.json (mode 0600) has username, password, address, port, domain_name and libvirt_uri.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import libvirt
from virtualbmc.vbmc import VirtualBMC  # type: ignore[import-untyped]


class NodeBmc(VirtualBMC):  # type: ignore[misc]
    """virtualbmc that defines a node anew from its stored description, not from what the running one looks like."""

    def get_xml_desc(self, domain: Any, dump_sensitive: bool = False) -> str:
        """The domain's stored XML."""
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE
        return str(domain.XMLDesc(flags=flags | libvirt.VIR_DOMAIN_XML_SECURE if dump_sensitive else flags))


def main() -> None:
    """Serves IPMI until it is ended."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    NodeBmc(**settings).listen(timeout=1)


if __name__ == "__main__":
    main()
