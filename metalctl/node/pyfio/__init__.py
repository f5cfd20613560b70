"""fio as a function: a typed `Job` in, a parsed `Result` out.

    job = pyfio.Job(filename="/dev/nvme0n1", rw="randread", bs="4k", iodepth=32, numjobs=4, runtime=60, readonly=True)
    read = pyfio.run(job).read
    read.iops, read.bandwidth, read.latency.p99          IO/s, B/s, s

`run` gives a result only of a job that was done: its time, its bytes, whole blocks, no error, exit code 0.
A read-only job passes --readonly. A job that writes to a raw device must carry a `Leave` that the guard gave.
Units: seconds, bytes, bytes per second, IO per second.
"""

from metalctl.node.pyfio.clean import cleaned
from metalctl.node.pyfio.job import FioRefused, Job, Leave
from metalctl.node.pyfio.process import run
from metalctl.node.pyfio.result import Direction, FioError, Latency, MediaError, Result, parse

__all__ = [
    "Direction",
    "FioError",
    "FioRefused",
    "Job",
    "Latency",
    "Leave",
    "MediaError",
    "Result",
    "cleaned",
    "parse",
    "run",
]
