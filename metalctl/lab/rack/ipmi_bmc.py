"""Runs one virtualbmc in the foreground: `python -m metalctl.lab.rack.ipmi_bmc CONFIG.json`.

virtualbmc's own daemon takes the password as an argument and restarts its children unseen; a part of the rack must do
neither. CONFIG.json (mode 0600) has username, password, address, port, domain_name and libvirt_uri.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import libvirt
from virtualbmc import utils  # type: ignore[import-untyped]
from virtualbmc.vbmc import VirtualBMC  # type: ignore[import-untyped]

_NOT_IN_THIS_STATE = 0xD5
"""IPMI's completion code: not supported in the present state."""


class NodeBmc(VirtualBMC):  # type: ignore[misc]
    """virtualbmc with what every server's BMC has besides: the system's GUID and power cycle.

    It also defines a node anew from its stored description, not from what the running one looks like.
    """

    def get_system_guid(self) -> uuid.UUID:
        """The node's UUID, as in SMBIOS."""
        return uuid.UUID(bytes=self._domain(lambda domain: domain.UUID()))

    def power_cycle(self) -> int | None:
        """Off and on again; as the specification has it, nothing happens to a system that is off."""
        if not self._domain(lambda domain: domain.isActive()):
            return _NOT_IN_THIS_STATE
        failed: int | None = self.power_off() or self.power_on()
        return failed

    def _domain(self, read: Callable[[Any], Any]) -> Any:
        with utils.libvirt_open(**self._conn_args) as connection:
            return read(utils.get_libvirt_domain(connection, self.domain_name))

    def get_xml_desc(self, domain: Any, dump_sensitive: bool = False) -> str:
        """The domain's stored XML."""
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE
        return str(domain.XMLDesc(flags=flags | libvirt.VIR_DOMAIN_XML_SECURE if dump_sensitive else flags))


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text())
    NodeBmc(**settings).listen(timeout=1)


if __name__ == "__main__":
    main()
