#!/bin/sh
# ironic 39.0.0 (PyPI): an inspection rule cannot compare a number of the inventory. "{inventory[memory][physical_mb]}" is
# put in as text. eq and one-of against a number are then false, whatever the machine has, without a word; gt and lt raise
# a TypeError; with force_strings, which the API offers for it (and a loop sets by itself), gt and lt compare texts: 65536
# MiB is greater than 131072, a disk of 960 GB is greater than one of 1 TB, 64 cores are not greater than 8.
# Expected: numbers, where the field alone is the value and the other side is a number; or a refusal when the rule is made.
# Why it hurts: rules sort machines on arrival ("fewer than 128 GiB: fail", "64 CPUs: trait X"). A threshold works as long as
# both numbers have equally many digits, so it passes the test on one's own machines; "all disks over 1 TB" lets the smaller
# ones in. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic==39.0.0 ||
    { echo "cannot install ironic==39.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > rules.py <<'END_PY'
import sys
from types import SimpleNamespace

from ironic.common.inspection_rules import operators

DISKS = [{"size": 960197124096}, {"size": 4000787030016}]
INVENTORY = {"memory": {"physical_mb": 65536}, "cpu": {"count": 64}}
MEMORY, CPUS = "{inventory[memory][physical_mb]}", "{inventory[cpu][count]}"
task = SimpleNamespace(node=SimpleNamespace(uuid="node", properties={}, extra={}))
seen = []


def check(op, loop=None, **args):
    """What the condition says of the inventory."""
    condition = {"op": op, "args": args} | ({"loop": loop, "multiple": "all"} if loop else {})
    operator = operators.get_operator(op)()
    operator.validate(dict(args))
    try:
        answer = operator.check_with_loop(task, condition, INVENTORY, {})
    except TypeError as problem:
        answer = f"TypeError: {problem}"
    seen.append(answer if isinstance(answer, bool) else "TypeError")
    print(f"    {op} {args}{', loop over disks of 960 GB and 4 TB' if loop else ''}: {answer}")


check("eq", values=[CPUS, 64])
check("one-of", value=CPUS, values=[64, 128])
check("gt", values=[MEMORY, 131072])
check("gt", values=[MEMORY, 131072], force_strings=True)
check("gt", values=[CPUS, 8], force_strings=True)
check("gt", loop=DISKS, values=["{item[size]}", 1000000000000])
sys.exit(seen != [False, False, "TypeError", True, False, True])
END_PY
echo "ironic 39.0.0, conditions of inspection rules; the machine has 65536 MiB and 64 CPUs:"
python3 rules.py 2> log || { echo "changed: the conditions say something else" >&2; cat log >&2; exit 1; }
