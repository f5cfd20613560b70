#!/bin/sh
# ironic-python-agent 13.0.0 (PyPI): erase_devices leaves a whole disk out, and calls it done, when anything on it is a
# member of a Linux RAID. The usual layout of a small RAID for /boot and a large partition beside it keeps the large one:
# the disk is skipped, the RAID is erased in its place (1 GiB of 4 TB), and partitions are not erased by themselves. A lone
# member of a RAID that is not assembled (a disk from another machine) is not erased at all. Where lsblk fails, the disk
# counts as a member.
# Expected: the disk is erased after its RAIDs were stopped; or the step fails and names it.
# Why it hurts: cleaning ends well and the node becomes available with its last owner's data on it; the word is a line of
# level INFO in the ramdisk's log, "Skipping erase of RAID member device". Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
pip install -qq --no-compile --no-warn-conflicts --target "$room/lib" ironic-python-agent==13.0.0 ||
    { echo "cannot install ironic-python-agent==13.0.0" >&2; exit 2; }
export PYTHONPATH="$room/lib"

# What `lsblk --fs --noheadings` says of the disks, and a shred that only writes down what it was asked for.
mkdir bin
cat > bin/lsblk <<'END_SH'
#!/bin/sh
for disk in "$@"; do :; done
case $disk in
/dev/plain) printf 'plain\n`-plain1 LVM2_member LVM2 001  iX2b4K-0001\n' ;;
/dev/beside)
    printf 'beside\n|-beside1 linux_raid_member 1.2  node1:0 4f0f3a58-0001\n| `-md127 ext4 1.0\n'
    printf '`-beside2 LVM2_member LVM2 001  iX2b4K-0002\n' ;;
/dev/foreign) printf 'foreign linux_raid_member 1.2  other:0 4f0f3a58-0002\n' ;;
/dev/md127) printf 'md127 ext4 1.0\n' ;;
*) echo "lsblk: $disk: not a block device" >&2; exit 32 ;;
esac
END_SH
printf '#!/bin/sh\nfor disk in "$@"; do :; done\necho "$disk" >> shredded\n' > bin/shred
chmod +x bin/*

cat > erase.py <<'END_PY'
import sys
from pathlib import Path

import ironic_python_agent.config  # noqa: F401  the agent's options
from ironic_python_agent import hardware

node = {"driver_internal_info": {"agent_enable_ata_secure_erase": False}}
manager = hardware.GenericHardwareManager()
shredded = Path("shredded")
seen = {}
for name, what in {
    "plain": "a disk with an LVM partition",
    "beside": "a RAID partition and an LVM partition",
    "md127": "that RAID itself",
    "foreign": "a member of a RAID that is not here",
    "unread": "lsblk ends with 32",
}.items():
    shredded.write_text("")
    device = hardware.BlockDevice(f"/dev/{name}", "MAKER D4000", 4000787030016, True)
    answer = manager.erase_block_device(node, device)
    seen[name] = (answer, shredded.read_text().split())
    print(f"    {name:8} {what + ':':38} returned {answer}, shredded: {seen[name][1]}")
wanted = {name: (None, [f"/dev/{name}"] if name in ("plain", "md127") else []) for name in seen}
sys.exit(seen != wanted)
END_PY
echo "ironic-python-agent 13.0.0, erase_block_device() without an error:"
PATH="$room/bin:$PATH" python3 erase.py 2> log || { echo "changed: other disks are erased" >&2; cat log >&2; exit 1; }
