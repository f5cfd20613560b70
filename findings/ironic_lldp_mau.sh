#!/bin/sh
# ironic 39.0.0 (PyPI): the inspection hook parse-lldp knows the media types (MAU) of RFC 4836, which ends with 53. A switch
# port of a later type (54 is 10GBASE-T; 25, 40 and 100 Gb/s all come later in IANA's list) loses the whole MAC/PHY TLV:
# with the type also autonegotiation "supported" and "enabled" and the advertised capabilities.
# Expected: the number instead of a name, and the three other values, which do not depend on it.
# Why it hurts: a switch that has autonegotiation off against a NIC that has it on is a usual fault of acceptance, and on
# just the fast ports the keys are missing. A rule "fail if enabled is false" never fires there. The log has a line "Invalid
# index for mau type" without the interface's name. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic==39.0.0 ||
    { echo "cannot install ironic==39.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > mau.py <<'END_PY'
import sys

from ironic.drivers.modules.inspector import lldp_parsers

AUTO, MEDIA = "switch_port_autonegotiation_enabled", "switch_port_mau_type"
seen = {}
for mau, name in {30: "1000BASE-T", 36: "10GBASE-SR", 54: "10GBASE-T", 55: "10GBASE-LRM"}.items():
    parser = lldp_parsers.LLDPBasicMgmtParser("node")
    parser.parse_tlv(1, bytes.fromhex("0402000000000a"))
    # 802.3 (00-12-0F), subtype 1: autonegotiation supported and not enabled, no capabilities, the type.
    parser.parse_tlv(127, bytes.fromhex(f"00120f01010000{mau:04x}"))
    values = {key: value for key, value in parser.nv_dict.items() if key != "switch_chassis_id"}
    seen[mau] = (values.get(AUTO, "no key"), values.get(MEDIA, "no key"))
    print(f"    type {mau} ({name}): autonegotiation enabled: {seen[mau][0]}, media: {seen[mau][1]}, {len(values)} keys")
none = ("no key", "no key")
sys.exit(seen != {30: (False, "1000BASE-T full duplex"), 36: (False, "10GBASE-SR"), 54: none, 55: none})
END_PY
echo "ironic 39.0.0, parse-lldp of a port whose autonegotiation is off:"
python3 mau.py 2> log || { echo "changed: the types are read otherwise" >&2; cat log >&2; exit 1; }
grep 'mau type' log | sort -u | sed 's/^/    log: /'
