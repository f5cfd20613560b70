#!/bin/sh
# ironic 39.0.0 (PyPI): the inspection hook local-link-connection fills only what the port does not have yet. A node that is
# inspected again after its cable was moved keeps the old switch and port, without a word in the log. Where the first
# switch sent no system name (the TLV is optional), the port then is a mixture: switch_id and port_id of the old switch,
# switch_info of the new one.
# Expected: what LLDP says now, as the separate ironic-inspector did by default; or a warning that it differs.
# Why it hurts: neutron's switch drivers set the VLAN on the port that is written there. After a swap was repaired and the
# node was inspected again, the tenant's network is configured on somebody else's port, and the one who looks at Ironic to
# see whether the cabling is right sees the plan of yesterday. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic==39.0.0 ||
    { echo "cannot install ironic==39.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > link.py <<'END_PY'
import sys
from types import SimpleNamespace

from ironic.drivers.modules.inspector.hooks.local_link_connection import LocalLinkConnectionHook


class Port(SimpleNamespace):
    """What the hook uses of a port."""

    def set_local_link_connection(self, key, value):
        self.local_link_connection = {**self.local_link_connection, key: value}

    def save(self):
        pass


def frame(mac, port, name=None):
    """The TLVs of one LLDP frame as the ramdisk sends them: type and value in hexadecimal."""
    tlvs = [[1, "04" + mac.replace(":", "")], [2, "05" + port.encode().hex()], [3, "0078"]]
    return tlvs + ([[5, name.encode().hex()]] if name else [])


def inspect(*frames):
    port = Port(id=1, address="52:54:00:00:00:01", local_link_connection={})
    for one in frames:
        LocalLinkConnectionHook()._get_local_link_patch(one, port, "node")
        print("       ", port.local_link_connection)
    return port.local_link_connection


before, after = frame("02:00:00:00:00:0a", "swp7", "leaf1"), frame("02:00:00:00:00:0b", "swp9", "leaf2")
print("    leaf1 swp7 first, leaf2 swp9 at the second inspection:")
kept = inspect(before, after)
print("    the same, and leaf1 sends no system name:")
mixed = inspect(frame("02:00:00:00:00:0a", "swp7"), after)
old = {"switch_id": "02:00:00:00:00:0a", "port_id": "swp7"}
sys.exit((kept, mixed) != (old | {"switch_info": "leaf1"}, old | {"switch_info": "leaf2"}))
END_PY
echo "ironic 39.0.0, local_link_connection of a port after each inspection:"
python3 link.py 2> log || { echo "changed: the second inspection is taken" >&2; cat log >&2; exit 1; }
