#!/bin/sh
# ocptv 0.1.7 (PyPI; the OCP test and validation output, spec 2.0): a measurement that is not a number is written as the bare
# word NaN, an infinite one as Infinity. Neither is JSON: a strict reader refuses the line (Python's json.loads does with
# parse_constant). add_measurement says nothing, and a run with a validator LESS_THAN ends with PASS.
# Expected: an error where the value is given, as for a value of a wrong type; the spec's schema knows numbers only.
# Why it hurts: 0 bytes in 0 seconds, a sensor that gives nan, the mean of no samples: such a value comes from just the
# machine that has a fault. Its result then is a file that the collector refuses, and the good ones are imported. Ends with 0
# while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ocptv==0.1.7 ||
    { echo "cannot install ocptv==0.1.7" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > measure.py <<'END_PY'
import json
import sys

import ocptv.output as tv

lines = []


class Lines(tv.Writer):
    def write(self, buffer):
        lines.append(buffer)


def strict(line):
    """Whether the line is JSON as RFC 8259 has it."""

    def refuse(name):
        raise ValueError(name)

    try:
        json.loads(line, parse_constant=refuse)
    except ValueError:
        return False
    return True


tv.config(writer=Lines())
run = tv.TestRun(name="burn-in", version="1", command_line="burn-in", parameters={})
limit = tv.Validator(type=tv.ValidatorType.LESS_THAN, value=90.0)
with run.scope(dut=tv.Dut(id="node1")):
    step = run.add_step("temperature")
    with step.scope():
        for value in (41.0, float("nan"), float("inf")):
            step.add_measurement(name="cpu", value=value, unit="Cel", validators=[limit])

seen = [("measurement" in line, strict(line)) for line in lines]
for line, (measurement, good) in zip(lines, seen):
    if measurement:
        print(f"    {'JSON    ' if good else 'not JSON'} {json.dumps(json.loads(line)['testStepArtifact']['measurement'])}")
end = json.loads(lines[-1])["testRunArtifact"]["testRunEnd"]
print(f"    the run's end: {end}")
measured = [good for measurement, good in seen if measurement]
sys.exit(measured != [True, False, False] or end["result"] != "PASS")
END_PY
echo "ocptv 0.1.7, measurements of 41, nan and inf with the validator LESS_THAN 90:"
python3 measure.py || { echo "changed: the values are written otherwise" >&2; exit 1; }
