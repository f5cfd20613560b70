#!/bin/sh
# openstacksdk 4.22.0 (PyPI): a change inside one of a bare-metal node's dictionaries (node.extra["rack"] = "B2") is never
# sent. update_node(node) makes no request and returns the node with the new value; update_node(node, extra=node.extra)
# after the change makes none either. The value that was read first is kept as a shallow copy, so both sides of the
# comparison are the same dictionary, already changed.
# Expected: a PATCH, as for update_node(node, extra={**node.extra, "rack": "B2"}); or an error.
# Why it hurts: driver_info, properties and extra are dictionaries, and a handover writes just these (BMC's credentials,
# capabilities, rack). The script ends well and prints the node as it should be, Ironic has the old one. Nodes that have
# nothing to change and nodes whose change is lost look alike. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" openstacksdk==4.22.0 ||
    { echo "cannot install openstacksdk==4.22.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > node.py <<'END_PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openstack

NODE = {"uuid": "6d0b0d6e-0000-4000-8000-000000000001", "name": "node1", "extra": {"rack": "A1"}}
VERSION = {"id": "v1", "status": "CURRENT", "min_version": "1.1", "version": "1.95"}
API = "X-OpenStack-Ironic-API"
patches = []


class Ironic(BaseHTTPRequestHandler):
    """Ironic's API as far as one node: it has rack A1, and tells which patches came."""

    def do_GET(self):
        link = {"links": [{"href": f"{here}/v1/", "rel": "self"}]}
        self.reply(NODE if "nodes" in self.path else {"id": "v1", "version": VERSION | link, "versions": [VERSION | link]})

    def do_PATCH(self):
        patches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(NODE)

    def reply(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(200)
        for name, value in {"Version": "1.95", "Minimum-Version": "1.1", "Maximum-Version": "1.95"}.items():
            self.send_header(f"{API}-{name}", value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def inplace(node):
    node.extra["rack"] = "B2"
    return baremetal.update_node(node)


def given(node):
    node.extra["rack"] = "B2"
    return baremetal.update_node(node, extra=node.extra)


def anew(node):
    return baremetal.update_node(node, extra={**node.extra, "rack": "B2"})


server = ThreadingHTTPServer(("127.0.0.1", 0), Ironic)
here = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
baremetal = openstack.connect(auth_type="none", endpoint=here, baremetal_endpoint_override=here).baremetal
calls = {"update_node(node)": inplace, "update_node(node, extra=node.extra)": given, "update_node(node, extra={...})": anew}
result = []
for name, call in calls.items():
    patches.clear()
    node = call(baremetal.get_node("node1"))
    print(f"    {name + ':':37} returned extra {node.extra}, patches that came: {patches}")
    result.append((node.extra["rack"], patches[:]))
sent = [[{"op": "replace", "path": "/extra/rack", "value": "B2"}]]
sys.exit(result != [("B2", []), ("B2", []), ("A1", sent)])
END_PY
echo "openstacksdk 4.22.0, rack A1 is changed to B2 in the node's dictionary, Ironic still says A1:"
python3 node.py || { echo "changed: other patches are sent" >&2; exit 1; }
