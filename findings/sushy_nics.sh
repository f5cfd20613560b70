#!/bin/sh
# sushy 5.14.0 (PyPI): system.ethernet_interfaces.summary leaves out each interface whose Status has no Health, or another
# one than OK. {"State": "Enabled"} alone is enough to be left out.
# Expected: only what is known to be bad is left out, if anything: State and Health are both optional in Redfish's schema,
# and a MAC address is as true with Health "Warning". That an interface which is State "Disabled" stays in (the docstring
# says so) is the other half of the surprise.
# Why it hurts: Ironic's inspection makes the node's ports from this. Where a BMC gives no Health while the host is off, or
# Warning while no cable is in, the node has no ports, or fewer, depending on when one looked, and it cannot boot
# from the network. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" sushy==5.14.0 ||
    { echo "cannot install sushy==5.14.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/nics.py" <<'END_PY'
import sys
from types import SimpleNamespace

from sushy.resources.system.ethernet_interface import EthernetInterfaceCollection

HERE = "/redfish/v1/Systems/1/EthernetInterfaces"
STATUS = {
    "01": {"State": "Enabled", "Health": "OK"},
    "02": {"State": "Disabled", "Health": "OK"},
    "03": {"State": "Enabled"},
    "04": {"State": "Enabled", "Health": None},
    "05": {"State": "Enabled", "Health": "Warning"},
    "06": {},
}
docs = {f"{HERE}/{end}": {"Id": end, "MACAddress": f"52:54:00:00:00:{end}", "Status": one} for end, one in STATUS.items()}
docs[HERE] = {"Name": "Interfaces", "Members": [{"@odata.id": path} for path in docs]}


def get(path, **_):
    return SimpleNamespace(status_code=200, headers={}, content=b"{}", json=lambda: docs[path])


summary = EthernetInterfaceCollection(SimpleNamespace(get=get), HERE).summary
for end, status in STATUS.items():
    mac = f"52:54:00:00:00:{end}"
    print(f"    {mac}, Status {status}: {'in the summary' if mac in summary else 'left out'}")
sys.exit(sorted(mac[-2:] for mac in summary) != ["01", "02"])
END_PY
echo "sushy 5.14.0, ethernet_interfaces.summary:"
python3 "$room/nics.py" || { echo "changed: other interfaces are in it" >&2; exit 1; }
