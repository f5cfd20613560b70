#!/bin/sh
# paramiko 5.1.0 (PyPI): a connection that is only kept open wakes its thread ten times a second for as long as it lives,
# whatever set_keepalive says: the socket has a time-out of 0.1 s, after which the thread looks whether it was closed.
# Expected: a thread that sleeps until data, the keepalive or close() wakes it. SSHClient and Transport offer no setting.
# Why it hurts: a controller that keeps SSH to a few hundred nodes pays a processor core for connections on which nothing
# happens (700 of them took one, beside a burn-in). transport.sock.settimeout(5) after connect() ends it; a socket.shutdown
# before close() keeps close() as fast. Counted here as voluntary context switches of the thread. Ends with 0 while so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
python3 -m venv "$room/venv"
"$room/venv/bin/pip" install -qq paramiko==5.1.0 || { echo "cannot install paramiko==5.1.0" >&2; exit 2; }

cat > "$room/idle.py" <<'END_PY'
import socket
import sys
import threading
import time
from pathlib import Path

import paramiko


class Anybody(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        return paramiko.AUTH_SUCCESSFUL


def serve(listening, key):
    while True:
        transport = paramiko.Transport(listening.accept()[0])
        transport.add_server_key(key)
        transport.start_server(threading.Event(), Anybody())
        kept.append(transport)


def wakes(client, seconds=5.0):
    thread = client.get_transport().native_id
    status = Path(f"/proc/self/task/{thread}/status")
    count = lambda: int(status.read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    before = count()
    time.sleep(seconds)
    return (count() - before) / seconds


kept, key = [], paramiko.RSAKey.generate(2048)
listening = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listening, key), daemon=True).start()
rates = {}
for name in ("as it comes", "with sock.settimeout(5)"):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    client.connect("127.0.0.1", listening.getsockname()[1], "a", "b", allow_agent=False, look_for_keys=False)
    client.get_transport().set_keepalive(60)
    if name != "as it comes":
        client.get_transport().sock.settimeout(5)
        time.sleep(0.3)
    rates[name] = wakes(client)
    print(f"    {name}: {rates[name]:.1f} wake-ups a second")
usual, mended = rates.values()
sys.exit(not (usual > 5 and mended < 1))
END_PY
echo "paramiko 5.1.0, an idle connection with a keepalive of 60 s:"
"$room/venv/bin/python" "$room/idle.py" || { echo "changed: the thread of an idle connection wakes otherwise" >&2; exit 1; }
