#!/bin/sh
# ironic-prometheus-exporter 4.10.0 (PyPI): one Redfish sensor with a null that the node's first sensor does not have (health
# while the host is off, a maximum reading, a drive's model) takes away all metrics of the node: ValueError "Incorrect label
# names". Each value that is not null becomes a label, and the labels of the first sensor are those of the metric.
# The node's file is then not written again; the last good one stays, with its values of health OK.
# Expected: an empty label, or that sensor left out. All these values may be null in Redfish's schema.
# Why it hurts: the file is what Prometheus reads, so the node stays at 41 degrees and status 0 while it burns. That
# the message's time stands still as well is to be seen only by a rule on the timestamp metric. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic-prometheus-exporter==4.10.0 ||
    { echo "cannot install ironic-prometheus-exporter==4.10.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > export.py <<'END_PY'
import logging
import re
import sys
from pathlib import Path
from types import SimpleNamespace

from ironic_prometheus_exporter.messaging import PrometheusFileDriver

logging.disable()


def sensor(number, reading, health):
    """A temperature as Ironic's Redfish driver sends it."""
    fixed = {"physical_context": "CPU", "state": "Enabled", "max_reading_range_temp": None}
    return {"identity": f"CPU{number}", "sensor_number": number, "reading_celsius": reading, "health": health} | fixed


def send(*temperatures):
    """What notify() says, and what the node's file then has."""
    sensors = {"Temperature": {f"{one['identity']}@node1": one for one in temperatures}}
    about = {"node_name": "node1", "node_uuid": "6d0b0d6e-0000-4000-8000-000000000001", "instance_uuid": None}
    payload = about | {"timestamp": "2026-12-01T10:00:00.0", "payload": sensors}
    try:
        driver.notify({}, {"event_type": "hardware.redfish.metrics", "payload": payload}, "INFO", None)
        said = "written"
    except ValueError as problem:
        said = f"ValueError: {problem}"
    text = Path("out/node1-hardware.redfish.metrics").read_text()
    found = re.findall(r'^baremetal_temp_cpu_celsius\{.*identity="(\w+)".*\} (\S+)$', text, re.MULTILINE)
    print(f"    {[(one['identity'], one['reading_celsius'], one['health']) for one in temperatures]}: {said}; file: {found}")
    return said, found


driver = PrometheusFileDriver(SimpleNamespace(oslo_messaging_notifications=SimpleNamespace(location="out")), None, None)
good = send(sensor(1, 41, "OK"), sensor(2, 42, "OK"))
bad = send(sensor(1, 98, "Critical"), sensor(2, 42, None))
values = [("CPU1", "41.0"), ("CPU2", "42.0")]
sys.exit((good, bad) != (("written", values), ("ValueError: Incorrect label names", values)))
END_PY
echo "ironic-prometheus-exporter 4.10.0, (sensor, degrees, health) of two messages, and the node's file after each:"
python3 export.py 2> log || { echo "changed: the second message is written" >&2; cat log >&2; exit 1; }
