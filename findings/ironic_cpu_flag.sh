#!/bin/sh
# ironic 39.0.0 (PyPI): the inspection hook cpu-capabilities only adds. A node that was inspected with the CPU flag vmx and
# is inspected again without it keeps cpu_vt:true in its properties, whatever the inventory now says. There is no value
# false.
# Expected: cpu_vt is taken away (or false) when the flag has gone; the hook's own names are its to write.
# Why it hurts: flags do go: a BIOS update or a reset to defaults turns virtualisation or AES off, a replaced board comes
# with it off. Flavors and traits that ask for cpu_vt still find the node, and the check after the repair, which is to
# inspect again and look at the capabilities, says that all is well. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic==39.0.0 ||
    { echo "cannot install ironic==39.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > flags.py <<'END_PY'
import sys
from types import SimpleNamespace

import ironic.conf  # noqa: F401  the options, with the hook's default table of flags
from ironic.drivers.modules.inspector.hooks.cpu_capabilities import CPUCapabilitiesHook


class Node(SimpleNamespace):
    """What the hook uses of a node."""

    def set_property(self, key, value):
        self.properties = {**self.properties, key: value}

    def save(self):
        pass


node = Node(uuid="node", properties={})
seen = []
for flags in (["fpu", "vmx", "aes"], ["fpu"]):
    CPUCapabilitiesHook()(SimpleNamespace(node=node), {"cpu": {"flags": flags}}, {})
    seen.append(set(node.properties["capabilities"].split(",")))
    print(f"    flags {flags}: capabilities {node.properties['capabilities']}")
sys.exit(seen != [{"cpu_vt:true", "cpu_aes:true"}] * 2)
END_PY
echo "ironic 39.0.0, a node's capabilities after each inspection:"
python3 flags.py 2> log || { echo "changed: the second inspection is taken" >&2; cat log >&2; exit 1; }
