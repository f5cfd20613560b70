#!/bin/sh
# python-ipmi 0.6.1 (PyPI): get_sensor_reading() returns the reading of a sensor whose scanning is disabled, mostly 0, like
# any other. Only "reading unavailable" (bit 5) gives None. And the two bits beside it have the wrong names: in the
# response config.sensor_scanning_disabled is 1 where scanning is enabled, and event_message_disabled where events are
# (IPMI 2.0, section 35.14: 0b means disabled), so a check by hand turns out the wrong way round.
# Expected: None, as ipmitool prints "disabled" or "no reading" and as pyghmi has no value.
# Why it hurts: BMCs disable the sensors of parts that are not there or have no power: the second CPU's temperature, fans
# of an empty bay. They read as 0 degrees and 0 rpm; a lower threshold calls them broken, a mean is too low, and who
# filters by the flag keeps just the dead ones. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" python-ipmi==0.6.1 ||
    { echo "cannot install python-ipmi==0.6.1" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > reading.py <<'END_PY'
import sys

from pyipmi.msgs import create_response_by_name, decode_message
from pyipmi.sensor import Sensor


class Answered(Sensor):
    """Sensor commands against one answer: completion code, reading, config, threshold states."""

    def __init__(self, config, reading):
        self.response = create_response_by_name("GetSensorReading")
        decode_message(self.response, bytes([0, reading, config, 0xC0]))

    def send_message_by_name(self, name, **_):
        return self.response


seen = []
for what, config, reading in (
    ("scanning and events enabled", 0xC0, 42),
    ("scanning disabled", 0x80, 0),
    ("reading unavailable", 0xE0, 0),
):
    sensor = Answered(config, reading)
    value, flag = sensor.get_sensor_reading(1)[0], sensor.response.config.sensor_scanning_disabled
    print(f"    {what} ({config:02X}h): reading {value}, config.sensor_scanning_disabled {flag}")
    seen.append((value, flag))
sys.exit(seen != [(42, 1), (0, 0), (None, 1)])
END_PY
echo "python-ipmi 0.6.1, get_sensor_reading():"
python3 reading.py || { echo "changed: the reading or the flag is another" >&2; exit 1; }
