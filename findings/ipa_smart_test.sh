#!/bin/sh
# ironic-python-agent 13.0.0 (PyPI): burnin_disk with agent_burnin_fio_disk_smart_test runs a long SMART self-test on each
# disk. A disk whose self-test fails passes. smartctl sets bit 7 of its exit code (128) when the self-test log has an error,
# and bit 3 (8) when the disk says that it is failing; the agent takes each exit code but 0 for "no SMART here", logs it and
# leaves the disk out. Only with exit code 0 is the text of the result looked at.
# Expected: smartctl's exit code is a set of bits (smartctl(8)): 0 to 2 mean that it did not work, 3 to 7 are findings
# about the disk. A disk with a failed self-test fails.
# Why it hurts: this is the one outcome that the step was switched on for, and smartctl gives no code 0 with it. The
# node becomes available; the only trace is a line in the ramdisk's log, which is gone. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic-python-agent==13.0.0 ||
    { echo "cannot install ironic-python-agent==13.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

# What smartctl -ja says of such a disk (the keys that are read), with the exit code in $CODE.
mkdir bin
cat > bin/smartctl <<'END_SH'
#!/bin/sh
[ "$1" = -ja ] || exit 0
cat <<END_JSON
{"smartctl": {"version": [7, 3], "exit_status": $CODE}, "smart_status": {"passed": true},
 "ata_smart_data": {"self_test": {"status": {"value": $VALUE, "string": "$TEXT", "passed": $PASSED}}}}
END_JSON
exit "$CODE"
END_SH
chmod +x bin/smartctl
cat > test.py <<'END_PY'
from types import SimpleNamespace

import ironic_python_agent.config  # noqa: F401  the agent's options
from ironic_python_agent import burnin, errors

try:
    burnin._run_smart_test([SimpleNamespace(name="/dev/sda")])
    print("passed")
except errors.CleaningError as problem:
    print("failed:", problem.details)
END_PY

# says WANTED CODE VALUE PASSED TEXT
says() {
    seen=$(CODE=$2 VALUE=$3 PASSED=$4 TEXT=$5 PATH="$room/bin:$PATH" python3 test.py 2> log)
    printf '    %-42s exit %-4s %s\n' "$5," "$2:" "$seen"
    case $seen in "$1"*) ;; *) echo "changed: it $1" >&2; exit 1 ;; esac
}

echo "ironic-python-agent 13.0.0, the disk's self-test, smartctl's exit code, and what the step says:"
says passed 0 0 true "completed without error"
says passed 128 121 false "completed with error (read test element)"
says passed 136 121 false "completed with error (read test element)"
says failed 0 121 false "completed with error (read test element)"
