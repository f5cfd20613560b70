#!/bin/sh
# redfish 3.4.2 (PyPI, DMTF's python-redfish-library): a request whose connection is cut before the answer is sent again,
# up to max_retry (default 10) more times - POST as well as GET. A BMC that obeys a reset and then drops the connection
# gets ForceRestart 11 times, one a second, and the caller an error without a text at the end.
# Expected: POST is not repeated by itself (RFC 9110, 9.2.2: not idempotent), as no client can know that it was not done.
# Why it hurts: BMCs cut connections exactly after such actions (their own reset, a full session table, a web server that
# is started anew). A power cycle becomes eleven, an event subscription or an account eleven of them. max_retry=0 in every
# post() is the only protection. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" redfish==3.4.2 ||
    { echo "cannot install redfish==3.4.2" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/post.py" <<'END_PY'
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redfish

RESET = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset"
done = []


class Bmc(BaseHTTPRequestHandler):
    def do_POST(self):
        """The reset is done, and the connection ends without an answer."""
        done.append(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_):
        pass


def post(**more):
    done.clear()
    client = redfish.redfish_client(f"http://127.0.0.1:{server.server_port}", check_connectivity=False)
    try:
        return f"status {client.post(RESET, body={'ResetType': 'ForceRestart'}, **more).status}"
    except Exception as problem:
        return f"{type(problem).__name__}({str(problem)!r})"


server = ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
result = post()
times, what = len(done), set(done)
print(f"    post(...):              {result}; the BMC restarted the system {times} times: {sorted(what)}")
once = post(max_retry=0)
print(f"    post(..., max_retry=0): {once}; {len(done)} time")
sys.exit(times != 11 or len(what) != 1 or not result.startswith("RetriesExhausted") or len(done) != 1)
END_PY
echo "redfish 3.4.2, one POST of a reset, and a BMC that cuts the connection after it:"
python3 "$room/post.py" || { echo "changed: the POST is sent another number of times" >&2; exit 1; }
