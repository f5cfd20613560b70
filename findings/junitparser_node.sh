#!/bin/sh
# junitparser 5.0.3 (PyPI): `report += suite` copies the suite's name and its test cases, and nothing else: hostname,
# timestamp and properties are left out, without an error. Two suites that differ only in what was left out (one name,
# two machines) then count as the same suite and are merged into one.
# Expected: what `report.add_testsuite(suite)` does, and what `+=` does when the other side is a whole report (as in
# `junitparser merge`): hostname and properties stay, and the machines stay apart.
# Why it hurts: an acceptance report is read by machine. After `+=` the failure of node2 is a failure of "burn-in" on no
# machine; the serial number in the properties, by which a part is sent back, is gone. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" junitparser==5.0.3 ||
    { echo "cannot install junitparser==5.0.3" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/merge.py" <<'END_PY'
import sys

from junitparser import Failure, JUnitXml, TestCase, TestSuite


def suite(host, serial, *results):
    case = TestCase("memory", "burn-in", 1.0)
    if results:
        case.result = list(results)
    one = TestSuite("burn-in")
    one.hostname, one.timestamp = host, "2026-12-01T10:00:00"
    one.add_property("serial", serial)
    one.add_testcase(case)
    return one


def seen(report):
    return [(s.hostname, {p.name: p.value for p in s.properties()}, s.tests, s.failures) for s in report]


def both():
    return suite("node1", "SN-1"), suite("node2", "SN-2", Failure("ECC error"))


plus, added = JUnitXml(), JUnitXml()
for one in both():
    plus += one
for one in both():
    added.add_testsuite(one)
print("    after report += suite, twice:           ", seen(plus))
print("    after report.add_testsuite(suite), twice:", seen(added))
sys.exit(seen(plus) != [(None, {}, 2, 1)] or [s[0] for s in seen(added)] != ["node1", "node2"])
END_PY
echo "junitparser 5.0.3, (hostname, properties, tests, failures) of each suite:"
python3 "$room/merge.py" || { echo "changed: += now keeps the machine, or add_testsuite does not" >&2; exit 1; }
