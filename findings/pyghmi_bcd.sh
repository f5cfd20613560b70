#!/bin/sh
# pyghmi 1.6.19 (PyPI): a FRU field in "BCD plus" (type code 01b, two digits a byte) loses the first digit of each byte
# if that is 0: the serial number 77010055 is read as "771055", and so is 77100505. No error, no mark.
# Expected: all digits, as pyghmi itself keeps them for the same encoding in the name of a sensor (sdr.py, "%02X").
# Why it hurts: a serial number names the part for warranty and for an asset list. Two boards with different numbers become
# one, a board does not match its delivery note, and a length check does not help where numbers have different lengths
# anyway. Only FRUs that are written in BCD show it, so a test against text FRUs does not. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" pyghmi==1.6.19 ||
    { echo "cannot install pyghmi==1.6.19" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/bcd.py" <<'END_PY'
import sys

from pyghmi.ipmi.fru import FRU


def checked(data):
    """With padding to eight bytes and the zero checksum of the FRU definition (sections 8 and 12)."""
    data = data + bytes(-(len(data) + 1) % 8)
    return data + bytes([-sum(data) & 0xFF])


def text(value):
    return bytes([0xC0 | len(value)]) + value.encode()


def bcd(digits):
    return bytes([0x40 | len(digits) // 2]) + bytes.fromhex(digits)


def product(serial):
    fields = text("Maker") + text("Server") + text("M1") + text("01") + bcd(serial) + text("asset") + b"\x00\xc1"
    length = -(-(3 + len(fields) + 1) // 8)
    return checked(bytes([1, 0, 0, 0, 1, 0, 0])) + checked(bytes([1, length, 25]) + fields)


serials = ("12345678", "77010055", "77100505", "00000042")
seen = {serial: FRU(rawdata=product(serial)).info["Serial Number"] for serial in serials}
for written, read in seen.items():
    print(f"    written {written}, read {read}")
sys.exit(list(seen.values()) != ["12345678", "771055", "771055", "00042"])
END_PY
echo "pyghmi 1.6.19, product serial number in BCD plus:"
python3 "$room/bcd.py" || { echo "changed: the digits are read otherwise" >&2; exit 1; }
