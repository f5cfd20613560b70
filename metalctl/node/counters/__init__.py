"""Error counters of the machine: a snapshot before and after, what stood there before, and what rose in between.

Sources, one a file: EDAC (memory errors by controller and DIMM), the kernel's log (machine checks, firmware's records,
AER), rasdaemon's database, the BMC's event log, PCIe's own counters, thermal throttling, ports (CRC, frame and carrier
errors), drives (NVMe health log and SMART). What stands above the profile's limit before the run is a FAIL of the part,
as is a rise of a serious counter; the rest (drops, log entries) is kept as evidence. A source that cannot be read is
said, never taken for zero, and what the profile requires of it is UNKNOWN (`coverage`).
"""

from metalctl.node.counters.drives import disks
from metalctl.node.counters.snapshot import Counter, Rise, Snapshot, rises
from metalctl.node.counters.sources import Sources, cheap

__all__ = ["Counter", "Rise", "Snapshot", "Sources", "cheap", "disks", "rises"]
