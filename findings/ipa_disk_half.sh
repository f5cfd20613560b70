#!/bin/sh
# ironic-python-agent 13.0.0 (PyPI) with fio 3.33-3 (Debian 12): the clean step burnin_disk writes and reads the first half
# of each disk only. Its fio job is "--rw readwrite": reads and writes each go forward from block 0, and the job ends when
# both together are as large as the disk. Each further loop (4 by default, "same as badblocks") and a run limited by time
# begin at block 0 again. Blocks that were never written are not verified either.
# Expected: a burn-in that touches each block, as badblocks -w does; half of the disk is nowhere named.
# Why it hurts: a bad region behind the middle passes a burn-in of days, with "4 loops" in the report. With data that is
# read back by a check afterwards the same disk fails on the first day in service. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq fio=3.33-3 >/dev/null 2>&1 || { echo "cannot download fio=3.33-3" >&2; exit 2; }
dpkg-deb -x fio_3.33-3_*.deb .
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic-python-agent==13.0.0 ||
    { echo "cannot install ironic-python-agent==13.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

# The agent's own command, on a file of 16 MiB (4096 blocks) instead of a disk.
mkdir bin
printf '#!/bin/sh\nexec "%s/usr/bin/fio" "$@" --filename="%s/disk" --size=16m --thread\n' "$room" "$room" > bin/fio
chmod +x bin/fio

cat > burn.py <<'END_PY'
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import ironic_python_agent.config  # noqa: F401  the agent's options
from ironic_python_agent import burnin, hardware

loops, runtime, wanted = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
out, disk = Path("out"), Path("disk")
disk.write_bytes(bytes(1 << 24))
hardware.list_all_block_devices = lambda: [SimpleNamespace(name="disk")]
keys = {"loops": loops, "runtime": runtime, "outputfile": str(out)}
burnin.fio_disk({"driver_info": {f"agent_burnin_fio_disk_{key}": value for key, value in keys.items()}})

text = out.read_text()
job = json.loads(text[text.index("{") :])["jobs"][0]
data = disk.read_bytes()
written = [number for number in range(4096) if any(data[number * 4096 : (number + 1) * 4096])]
print(f"    loops {loops}, runtime {runtime}: fio wrote {job['write']['total_ios']} blocks, error {job['error']};", end=" ")
print(f"of the disk's 4096 blocks {len(written)} were written, the last is block {written[-1]}")
sys.exit(len(written) != wanted or written != list(range(wanted)))
END_PY

echo "ironic-python-agent 13.0.0, burnin_disk, fio 3.33:"
for times in "1 0" "4 0" "4 2"; do
    # shellcheck disable=SC2086  two words are meant
    PATH="$room/bin:$PATH" python3 burn.py $times 2104 || { echo "changed: other blocks are written" >&2; exit 1; }
done
