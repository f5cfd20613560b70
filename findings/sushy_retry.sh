#!/bin/sh
# sushy 5.14.0 (PyPI): waiting for a task whose monitor answers 202 with "Retry-After: 1" ends with
# TypeError: 'str' object cannot be interpreted as an integer. TaskMonitor.sleep_for hands the header's text to
# time.sleep. Without the header it waits, with a date in it as well.
# Expected: one second's wait. Retry-After as a number of seconds is the usual form, and DSP0266 names it for task monitors.
# Why it hurts: the change was accepted and goes on in the BMC (a RAID volume, an erase, a firmware), while the caller has
# an error that is no SushyException: it is not caught as one, and who tries again starts the work a second time. A test
# against an emulator without the header does not show it. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" sushy==5.14.0 ||
    { echo "cannot install sushy==5.14.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/task.py" <<'END_PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sushy.connector import Connector

TASK = "/redfish/v1/TaskService/TaskMonitors/1"
headers, state = {}, {"left": 0, "posts": 0}


class Bmc(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        state["left"], state["posts"] = 2, state["posts"] + 1
        self.reply(202, {"Location": TASK, **headers})

    def do_GET(self):
        state["left"] -= 1
        self.reply(*((202, headers) if state["left"] > 0 else (200, {})))

    def reply(self, code, more):
        body = json.dumps({"@odata.id": TASK, "Id": "1", "Name": "Task 1", "TaskState": "Running"}).encode()
        self.send_response(code)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def create(**more):
    headers.clear()
    headers.update(more)
    try:
        return str(connector.post("/redfish/v1/Volumes", data={"RAIDType": "RAID1"}, blocking=True, timeout=20).status_code)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem} (a SushyError: {'sushy' in type(problem).__module__})"


server = ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
connector = Connector(f"http://127.0.0.1:{server.server_port}")
without = create()
dated = create(**{"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"})
seconds = create(**{"Retry-After": "1"})
print("    no Retry-After:       ", without)
print("    Retry-After: a date:  ", dated)
print("    Retry-After: 1:       ", seconds)
sys.exit((without, dated) != ("200", "200") or not seconds.startswith("TypeError"))
END_PY
echo "sushy 5.14.0, a POST that the BMC accepts with 202 and ends with 200 two polls later:"
python3 "$room/task.py" || { echo "changed: it waits now, or fails otherwise" >&2; exit 1; }
