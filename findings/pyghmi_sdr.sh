#!/bin/sh
# pyghmi 1.6.19 (PyPI): the list of sensors of a BMC is kept for the whole process under firmware version, maker, product,
# device id and the two times of the SDR repository - not under the BMC's address. The next BMC of the same model and
# firmware gets the first one's list and its own is never asked for, if the times are equal. They are where the BMC does
# not know them (FFFFFFFFh, "unspecified" in the IPMI specification) or ships with the image's.
# Expected: each BMC's own sensors; or a cache only where the times are known.
# Why it hurts: a rack is many BMCs of one model in one process. A node with two more power supplies, or with one DIMM or
# fan missing, is shown with the first node's sensors: a part that fails is not read, and one that is not there is asked
# for. The order of the nodes decides which. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" pyghmi==1.6.19 ||
    { echo "cannot install pyghmi==1.6.19" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/two.py" <<'END_PY'
import struct
import sys

from pyghmi.ipmi.private import constants
from pyghmi.ipmi.sdr import SDR


class Bmc:
    """Answers Get Device ID, Get SDR Repository Info and Get SDR by the specification; time: both of the repository."""

    def __init__(self, time, *names):
        self.time, self.names, self.asked = time, names, 0

    def get_event_constants(self):
        return constants

    def raw_command(self, netfn, command, data=()):
        if (netfn, command) == (6, 0x01):
            answer = bytes([0x20, 1, 1, 0x10, 2, 0xBF, 0x57, 1, 0, 0x34, 0x12])
        elif (netfn, command) == (0x0A, 0x20):
            answer = struct.pack("<BHHIIB", 0x51, len(self.names), 0, self.time, self.time, 2)
        else:
            assert (netfn, command) == (0x0A, 0x23), (netfn, command)
            self.asked += 1
            number = data[2] | data[3] << 8
            after = number + 1 if number + 1 < len(self.names) else 0xFFFF
            answer = struct.pack("<H", after) + self.compact(number)
        return {"code": 0, "data": bytearray(answer)}

    xraw_command = raw_command

    def compact(self, number):
        """A compact sensor record (table 43-2): a power supply's discrete sensor."""
        name = self.names[number].encode()
        body = bytearray(26)
        body[0], body[2], body[3], body[4] = 0x20, 0x30 + number, 0x0A, number + 1
        body[7], body[8], body[15] = 0x08, 0x6F, 0xC0
        body += bytes([0xC0 | len(name)]) + name
        return struct.pack("<HBBB", number, 0x51, 2, len(body)) + body


def sensors(bmc):
    return sorted(sensor.name for sensor in SDR(bmc).sensors.values())


four = ("PSU1 Status", "PSU2 Status", "PSU3 Status", "PSU4 Status")
first, second, known = Bmc(0xFFFFFFFF, *four[:2]), Bmc(0xFFFFFFFF, *four), Bmc(0x60000000, *four)
seen = [sensors(one) for one in (first, second, known)]
print("    node1, has 2 power supplies:              ", seen[0], "- records read:", first.asked)
print("    node2, has 4:                             ", seen[1], "- records read:", second.asked)
print("    node3, has 4, another time of repository: ", seen[2], "- records read:", known.asked)
sys.exit(seen != [list(four[:2]), list(four[:2]), list(four)] or second.asked != 0)
END_PY
echo "pyghmi 1.6.19, three BMCs of one model in one process:"
python3 "$room/two.py" || { echo "changed: each BMC's own sensors are read" >&2; exit 1; }
