"""The check plugin: what turns pytest into an acceptance test of a server.

A check is one file in checks/, named as in the profile (`nvme-randread` is checks/nvme_randread.py), with one function
`test_<name>` under the decorator `check`. What a check may ask for, by the name of an argument:

    nvme, ssd, hdd, disk      one run for each such disk           (model.inventory.Disk; its device is `device(disk)`)
    drive                     one run for each of these and each disk behind a RAID controller
    os_disk, wal_disk, …      one run for each disk of that role of the profile
    nic, dimm                 one run for each port, for each populated memory slot
    bond                      one run for each bond that must exist (model.run.BondSpec)
    machine                   the whole inventory
    limits                    the profile's limits of this check, in base units; `limits.min_iops`
    measure                   measure("read_iops", value, unit="IO/s", at_least=limits.min_iops)
    peer                      the other end of a paired check      (model.run.Peer)
    guard                     guard.leave(disk) -> pyfio.Leave, when the disk is armed for "fio-write"
    scratch                   a directory on the installed system's disk, removed afterwards
    place                     place.to_write(size): a file on the installed system, or the armed raw os disk
    sysroot                   Path("/"), to read /proc and /sys below
    evidence                  a dict of small facts to keep
    spec                      the RunSpec

Verdicts: returned → PASS or what the measurements say; `assert` in the check, a measurement beyond its limit or a
HardwareFault → FAIL; `pytest.skip("why")` → SKIP; everything else, a skip without a reason too → UNKNOWN.
"""

from metalctl.node.plugin.decorator import REQUIRED, CheckInfo, check
from metalctl.node.plugin.parts import device

__all__ = ["REQUIRED", "CheckInfo", "check", "device"]
