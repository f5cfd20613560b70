#!/bin/sh
# ironic-python-agent 13.0.0 (PyPI): the collector numa-topology takes core_id for unique in a NUMA node and makes one core
# of all CPUs that share it. With both sockets in one node (AMD's NPS0, "node interleaving", an ACPI without SRAT) the
# cores of both have the same numbers: 2 sockets of 4 cores of 2 threads are 4 cores of 4 threads each.
# Expected: core_id is unique in a package (and die) only; physical_package_id is beside it in the same folder.
# Why it hurts: the plugin data says four threads a core, which no x86 has, and half the cores. What is made of it (pinned
# CPUs, isolated siblings, the number of cores against the order) puts threads of two sockets together. One BIOS setting
# decides, so two equal machines differ. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic-python-agent==13.0.0 ||
    { echo "cannot install ironic-python-agent==13.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

cat > numa.py <<'END_PY'
import sys
from pathlib import Path

from ironic_python_agent import numa_inspector


def lay(name, per_socket):
    """sysfs's folders of 2 sockets of 4 cores of 2 threads: a node for each socket, or one for both."""
    for cpu in range(16):
        core, socket = cpu % 4, cpu // 4 % 2
        topology = Path(name) / f"node{socket if per_socket else 0}" / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "core_id").write_text(f"{core}\n")
        (topology / "physical_package_id").write_text(f"{socket}\n")
    cores = numa_inspector.get_nodes_cores_info([str(node) for node in sorted(Path(name).iterdir())])
    return sorted(sorted(core["thread_siblings"]) for core in cores)


two, one = lay("two", True), lay("one", False)
print(f"    a NUMA node for each socket: {len(two)} cores, threads {two}")
print(f"    one NUMA node for both:      {len(one)} cores, threads {one}")
right = [[number, number + 8] for number in range(8)]
wrong = [[number, number + 4, number + 8, number + 12] for number in range(4)]
sys.exit((two, one) != (right, wrong))
END_PY
echo "ironic-python-agent 13.0.0, numa-topology of 2 sockets of 4 cores of 2 threads:"
python3 numa.py || { echo "changed: the cores are counted otherwise" >&2; exit 1; }
