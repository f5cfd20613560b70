#!/bin/sh
# ansible-core 2.19.14 (PyPI): in an INI inventory a value that looks like a Python literal becomes one. Serial numbers
# and asset tags of the form digits-E-digits are floats: "12E4" is 120000.0, "5E2134" is Infinity; 1_000 is 1000, 0x1F is
# 31. 007 stays a string. The text cannot be had back, the exit code is 0 and nothing is said about the value, and
# `ansible-inventory --list` then prints `Infinity`, which is not JSON: a strict reader refuses the whole inventory.
# Expected: text, as for every neighbour whose serial number has no E; at least valid JSON.
# Why it hurts: among hexadecimal-looking service tags a few in a thousand have this form. The machine's variable no longer
# equals what the BMC says, a comparison of serial numbers calls it swapped, and two different tags (5E2134, 7E9999) are
# equal. Quoted twice ('"5E2134"') it stays a string. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ansible-core==2.19.14 ||
    { echo "cannot install ansible-core==2.19.14" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/hosts.ini" <<'END_INI'
[compute]
node1 node_serial=5E2134 asset=12E4 slot=0x1F rack=007
node2 node_serial=7E9999 asset=12A4 slot=1_000 rack=008
node3 node_serial='"5E2134"'
END_INI
export HOME="$room" ANSIBLE_LOCALHOST_WARNING=False
python3 "$room/lib/bin/ansible-inventory" -i "$room/hosts.ini" --list > "$room/list" 2> "$room/errors"

cat > "$room/look.py" <<'END_PY'
import json
import sys


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


text = open(sys.argv[1]).read()
hosts = json.loads(text)["_meta"]["hostvars"]
for name, values in sorted(hosts.items()):
    print(f"    {name}: {values}")
print("    two different serial numbers are equal:", hosts["node1"]["node_serial"] == hosts["node2"]["node_serial"])
try:
    json.loads(text, parse_constant=no_constant)
    strict = True
except ValueError as problem:
    strict = False
    print("    a strict reader of JSON:", problem)
serial = float("inf")
wanted = {
    "node1": {"node_serial": serial, "asset": 120000.0, "slot": 31, "rack": "007"},
    "node2": {"node_serial": serial, "asset": "12A4", "slot": 1000, "rack": "008"},
    "node3": {"node_serial": "5E2134"},
}
sys.exit(hosts != wanted or strict)
END_PY
echo "ansible-core 2.19.14, ansible-inventory --list (exit code 0):"
python3 "$room/look.py" "$room/list" || { echo "changed: the values are no longer read so" >&2; exit 1; }
[ ! -s "$room/errors" ] || { echo "changed: it says something now: $(cat "$room/errors")" >&2; exit 1; }
