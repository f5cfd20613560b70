#!/bin/sh
# sushy 5.14.0 (PyPI): system.processors.summary.count, the "number of logical CPUs", adds TotalThreads of every member of
# the Processors collection: of GPUs, FPGAs, DSPs and accelerators as well as of CPUs. ProcessorType is parsed and not
# looked at. The architecture is that of the first member that has one, whatever its type.
# Expected: CPUs only. The collection is for all kinds (ProcessorType: CPU, GPU, FPGA, DSP, Accelerator, Core, Thread).
# Why it hurts: Ironic's Redfish inspection reads both from here, and schedulers and acceptance
# profiles compare it. A server with two CPUs of 64 threads and four GPUs is reported with many times its threads; with one
# CPU socket dead the sum is still far above the floor that would have caught it. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" sushy==5.14.0 ||
    { echo "cannot install sushy==5.14.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > "$room/threads.py" <<'END_PY'
import sys
from types import SimpleNamespace

from sushy.resources.system.processor import ProcessorCollection

HERE = "/redfish/v1/Systems/1/Processors"


def part(kind, architecture, cores, threads):
    kinds = {"Id": "x", "ProcessorType": kind, "ProcessorArchitecture": architecture}
    return kinds | {"TotalCores": cores, "TotalThreads": threads}


def summary(*parts):
    """What sushy makes of a collection with these members, answered from memory."""
    docs = {f"{HERE}/{number}": doc for number, doc in enumerate(parts)}
    docs[HERE] = {"Name": "Processors", "Members": [{"@odata.id": path} for path in docs]}

    def get(path, **_):
        return SimpleNamespace(status_code=200, headers={}, content=b"{}", json=lambda: docs[path])

    found = ProcessorCollection(SimpleNamespace(get=get), HERE).summary
    return found.count, found.architecture.value


cpus = [part("CPU", "x86", 32, 64)] * 2
gpus = [part("GPU", "OEM", 132, 16896)] * 4
seen = [summary(*cpus), summary(*cpus, *gpus), summary(*gpus, *cpus[:1])]
print("    2 CPUs of 64 threads:                    ", seen[0])
print("    the same and 4 GPUs:                     ", seen[1])
print("    4 GPUs first, and one CPU (one is dead): ", seen[2])
sys.exit(seen != [(128, "x86"), (67712, "x86"), (67648, "OEM")])
END_PY
echo "sushy 5.14.0, processors.summary (count, architecture):"
python3 "$room/threads.py" || { echo "changed: it counts otherwise" >&2; exit 1; }
