#!/bin/sh
# sushy 5.14.0 (PyPI): of a collection that the BMC sends in pages it reads the first page only. Members@odata.nextLink is
# not followed and Members@odata.count is not compared; there is no warning.
# Expected: all members. DSP0266 (Redfish, "Partial results") lets a service split any collection so, and says that the
# client follows nextLink until there is none.
# Why it hurts: long collections are what is split: firmware, processors with accelerators, drives. An inventory by sushy
# then has fewer parts than the machine, and "all firmware is as it should be" was said of the first page. Ends with 0
# while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" sushy==5.14.0 ||
    { echo "cannot install sushy==5.14.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/pages.py" <<'END_PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sushy import auth, main

ROOT, HERE = "/redfish/v1/", "/redfish/v1/Systems"
IDS = [f"{HERE}/node{number}" for number in range(1, 6)]
PAGES = {f"{HERE}": (IDS[:2], "?$skip=2"), f"{HERE}?$skip=2": (IDS[2:4], "?$skip=4"), f"{HERE}?$skip=4": (IDS[4:], "")}
asked = []


def answer(path):
    if path.rstrip("/") == ROOT.rstrip("/"):
        names = {"Id": "RootService", "Name": "Root", "RedfishVersion": "1.20.0"}
        return names | {"@odata.id": ROOT, "Systems": {"@odata.id": HERE}}
    if path in PAGES:
        members, after = PAGES[path]
        page = {"@odata.id": HERE, "Name": "Systems", "Members": [{"@odata.id": one} for one in members]}
        return page | {"Members@odata.count": len(IDS)} | ({"Members@odata.nextLink": HERE + after} if after else {})
    return {"@odata.id": path, "Id": path.rpartition("/")[2], "Name": "node"}


class Bmc(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        body = json.dumps(answer(self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
bmc = main.Sushy(f"http://127.0.0.1:{server.server_port}", auth=auth.BasicAuth("user", "secret"))
collection = bmc.get_system_collection()
read = [system.identity for system in collection.get_members()]
print(f"    Members@odata.count {collection.json['Members@odata.count']}, read: {read}")
print("    pages asked for:", [path for path in asked if path.startswith(HERE) and "node" not in path])
sys.exit(read != ["node1", "node2"] or any("skip" in path for path in asked))
END_PY
echo "sushy 5.14.0, a collection of five members in three pages:"
python3 "$room/pages.py" || { echo "changed: the further pages are read" >&2; exit 1; }
