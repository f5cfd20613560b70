"""What systemd does with the unit, for a chroot without one: run inside it as `python as_systemd.py UNIT PAGE`.

Reads ExecStart, Environment and StateDirectory of the unit, starts the program with a notify socket, waits for READY=1,
asks the page, sends SIGTERM, and prints what it saw as one JSON object.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 240.0  # seconds


def main(unit: str, page: str) -> None:
    """See above."""
    told = dict(line.partition("=")[::2] for line in Path(unit).read_text().splitlines() if "=" in line)
    surroundings = dict(word.partition("=")[::2] for word in told["Environment"].split())
    for folder in (f"/var/lib/{told['StateDirectory']}", f"/var/cache/{told['CacheDirectory']}"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    os.umask(int(told["UMask"], 8))
    seen: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind("/run/notify")
        link.settimeout(1.0)
        place = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": "/run/notify", **surroundings}
        with Path("/tmp/serve.log").open("wb") as log:
            service = subprocess.Popen(shlex.split(told["ExecStart"]), env=place, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while "READY=1" not in seen and service.poll() is None and time.monotonic() < end:
            try:
                seen += link.recv(4096).decode().splitlines()
            except TimeoutError:
                continue
        status = answer(page)
        service.send_signal(signal.SIGTERM)
        code = service.wait(120)
    log_text = Path("/tmp/serve.log").read_text()[-4000:]
    sys.stdout.write(json.dumps({"notified": seen, "page": status, "code": code, "log": log_text}))


def answer(page: str) -> int:
    """The HTTP status of a page; 0 where nothing answers."""
    try:
        with urllib.request.urlopen(page, timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
