"""Error counters of the machine: a snapshot before and after, and what rose in between.

Three sources: EDAC (memory errors by controller and DIMM), ports (CRC, frame and carrier errors), disks (NVMe health
log and SMART). A rise of a serious counter is a FAIL of the part; the rest (drops, log entries) is kept as evidence.
A source that cannot be read is said, never taken for zero.
"""

from metalctl.node.counters.drives import disks
from metalctl.node.counters.snapshot import Counter, Rise, Snapshot, rises
from metalctl.node.counters.sources import cheap

__all__ = ["Counter", "Rise", "Snapshot", "cheap", "disks", "rises"]
