#!/bin/sh
# redfish-utilities 3.5.2 (PyPI, DMTF's Tacklebox): insert_virtual_media() takes a slot as free only if its Image is null.
# HPE's iLO 5 has Image "" in its empty slots (with Inserted false, ConnectedVia NotConnected): "No acceptable virtual
# media: No available slots of types CD, DVD", and with the slot named, "'2' not found or is already in use". Nothing is
# sent.
# Expected: Inserted false is what says that a slot is free; an empty text is no image.
# Why it hurts: the message sends one to look for a medium left by somebody else. Ejecting does not help, since the slot is
# as empty afterwards. A rack of mixed makers boots its Dell half from the image. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" redfish-utilities==3.5.2 redfish==3.4.2 ||
    { echo "cannot install redfish-utilities==3.5.2" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > slot.py <<'END_PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redfish
from redfish_utilities import insert_virtual_media
from redfish_utilities.systems import RedfishNoAcceptableVirtualMediaError

SYSTEM, MEDIA = "/redfish/v1/Systems/1", "/redfish/v1/Managers/1/VirtualMedia"
slot = {"@odata.id": f"{MEDIA}/2", "Id": "2", "MediaTypes": ["CD", "DVD"], "Inserted": False}
slot["ConnectedVia"] = "NotConnected"
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


def insert(image, **more):
    posts.clear()
    slot["Image"] = image
    try:
        said = insert_virtual_media(client, "http://192.0.2.1/node.iso", system_id="1", **more).status
    except RedfishNoAcceptableVirtualMediaError as problem:
        said = str(problem)
    print(f"    Image {json.dumps(image)}{', media_id 2' if more else ''}: {said}; requests to insert: {len(posts)}")
    return said, len(posts)


server = ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = redfish.redfish_client(f"http://127.0.0.1:{server.server_port}", check_connectivity=False)
start = "No acceptable virtual media: "
seen = [insert(None), insert(""), insert("", media_id="2")]
missing = [(start + "No available slots of types CD, DVD", 0), (start + "'2' not found or is already in use", 0)]
sys.exit(seen != [(200, 1), *missing])
END_PY
echo "redfish-utilities 3.5.2, insert_virtual_media() into a slot with Inserted false:"
python3 slot.py || { echo "changed: another slot is free" >&2; exit 1; }
