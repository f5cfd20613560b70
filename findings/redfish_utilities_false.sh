#!/bin/sh
# redfish-utilities 3.5.2 (PyPI, DMTF's Tacklebox): insert_virtual_media(..., write_protected=False, inserted=False) sends
# neither: a False is dropped like a None. In DSP2046 (InsertMedia) a missing WriteProtected and a missing Inserted both mean
# true, so the caller gets just the opposite of what was said, with status 200.
# Expected: WriteProtected false and Inserted false in the request; None is there to leave them out.
# Why it hurts: a stick image that the node writes its results to is read-only, which shows when the burn-in is over; a
# medium that was to be prepared only is booted from. True works, so a test with it passes. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" redfish-utilities==3.5.2 redfish==3.4.2 ||
    { echo "cannot install redfish-utilities==3.5.2" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > insert.py <<'END_PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redfish
from redfish_utilities import insert_virtual_media

SYSTEM, MEDIA = "/redfish/v1/Systems/1", "/redfish/v1/Managers/1/VirtualMedia"
slot = {"@odata.id": f"{MEDIA}/2", "Id": "2", "MediaTypes": ["USBStick"], "Inserted": False, "Image": None}
slot["Actions"] = {"#VirtualMedia.InsertMedia": {"target": f"{MEDIA}/2/Actions/VirtualMedia.InsertMedia"}}
docs = {
    SYSTEM: {"@odata.id": SYSTEM, "Id": "1", "VirtualMedia": {"@odata.id": MEDIA}},
    MEDIA: {"@odata.id": MEDIA, "Members": [{"@odata.id": f"{MEDIA}/2"}]},
    f"{MEDIA}/2": slot,
}
posts = []


class Bmc(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200, docs.get(self.path.rstrip("/"), {}))

    def do_POST(self):
        posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.reply(200, {})

    def reply(self, code, answer):
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def insert(value):
    posts.clear()
    more = {"inserted": value, "write_protected": value}
    status = insert_virtual_media(client, "http://192.0.2.1/results.img", system_id="1", **more).status
    print(f"    {more}: status {status}, request {posts[0]}")
    return {key: posts[0].get(key, "missing") for key in ("Inserted", "WriteProtected")}


server = ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = redfish.redfish_client(f"http://127.0.0.1:{server.server_port}", check_connectivity=False)
seen = [insert(None), insert(True), insert(False)]
missing = {"Inserted": "missing", "WriteProtected": "missing"}
sys.exit(seen != [missing, {"Inserted": True, "WriteProtected": True}, missing])
END_PY
echo "redfish-utilities 3.5.2, insert_virtual_media():"
python3 insert.py || { echo "changed: the request is another" >&2; exit 1; }
