#!/bin/sh
# tftpy 0.8.7 (PyPI): the server's answer to options (OACK) has a blksize of 512 in it whenever the client named any option
# but blksize: for "tsize 0" alone, and for "windowsize 4", which it does not know. BLKSIZE and TSIZE in capitals are not
# known to it either. A blksize of 100000 is answered with 65536.
# Expected: RFC 2347: an option that was not asked for must not be in the OACK, names are case-insensitive, and options
# that are not known are left out (no OACK at all where none is left). RFC 2348 ends at 65464.
# Why it hurts: a client that gets an option it did not ask for ends the transfer with error 8, as the RFC says; one that
# asks for tsize alone first (to see whether the file fits into its memory) stops at its first file. With names in capitals
# the block size stays 512 without a word, and an initrd takes many times as long. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" tftpy==0.8.7 ||
    { echo "cannot install tftpy==0.8.7" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > ask.py <<'END_PY'
import logging
import socket
import sys
import threading
from pathlib import Path

import tftpy

logging.disable()
Path("root").mkdir()
Path("root/pxe.bin").write_bytes(bytes(300))


def ask(**options):
    """The answer to a read request with these options: OACK with its options, or DATA."""
    words = ["pxe.bin", "octet", *(word for pair in options.items() for word in pair)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"\0\1" + b"".join(word.encode() + b"\0" for word in words), ("127.0.0.1", port))
        packet, sender = client.recvfrom(70000)
        client.sendto(b"\0\5\0\0done\0", sender)
    fields = packet[2:].split(b"\0")[:-1]
    pairs = {fields[n].decode(): fields[n + 1].decode() for n in range(0, len(fields), 2)} if packet[1] == 6 else {}
    print(f"    asked {options}: {'OACK ' + str(pairs) if packet[1] == 6 else 'DATA'}")
    return pairs


server = tftpy.TftpServer("root")
threading.Thread(target=server.listen, args=("127.0.0.1", 0), daemon=True).start()
server.is_running.wait(5)
port = server.listenport
asked = [{}, {"tsize": "0"}, {"windowsize": "4"}, {"TSIZE": "0", "BLKSIZE": "1468"}, {"blksize": "100000"}]
unasked = {"blksize": "512"}
sys.exit([ask(**one) for one in asked] != [{}, unasked | {"tsize": "300"}, unasked, unasked, {"blksize": "65536"}])
END_PY
echo "tftpy 0.8.7, the server's answer to a read request:"
python3 ask.py || { echo "changed: other options are answered" >&2; exit 1; }
