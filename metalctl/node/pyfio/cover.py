"""Whether fio did the job that it was given: a result of less is no result.

- A job of a time runs all of it; a job of a size ends at the size, or at its time when that is first.
- Every transfer carried a whole block: past the end of a file or a disk libaio counts transfers of nothing as fast
  ones, with error 0 and exit code 0.
- Its rates are what its counts and times make (counts.py).
"""

from __future__ import annotations

import os

from metalctl.node.cover import falls_short
from metalctl.node.pyfio.counts import contradiction
from metalctl.node.pyfio.job import Job
from metalctl.node.pyfio.result import Direction, FioError, Result, block_size


def require(job: Job, result: Result) -> None:
    """FioError unless the result covers the job, and agrees with itself."""
    _covers(job, result)
    if wrong := contradiction(result):
        raise _less(job, wrong)


def _covers(job: Job, result: Result) -> None:
    asked = [d for d, moves in ((result.read, job.reads), (result.write, job.writes)) if moves]
    if any(d.count == 0 for d in asked):
        raise _less(job, "fio ended without any I/O")
    for direction in asked:
        _whole(job, result, direction)
    _flushed(job, result)
    moved = sum(d.bytes for d in asked)
    # In a group `summed` is longer than the run; it is never shorter.
    ran = [result.summed, *(d.runtime for d in asked)]
    if not _size_reached(job, moved) and not _time_reached(job, ran):
        wanted = f"{job.runtime:.4g} s" if job.runtime is not None else "all of its bytes"
        did = f"fio ran {min(ran):.3g} s and moved {moved} bytes"
        raise _less(job, f"{did}, and was to do {wanted}: too little to judge by")


def _time_reached(job: Job, ran: list[float]) -> bool:
    return job.runtime is not None and not any(falls_short(r, job.runtime) for r in ran)


def _whole(job: Job, result: Result, direction: Direction) -> None:
    """At most one transfer a job may be short: the last one of a file."""
    block = result.block or block_size(job.bs)
    if block is None:
        raise FioError(f"fio's block size {job.bs!r} is not one size", hint="correct the check")
    if direction.count * block - direction.bytes > block * job.numjobs or direction.short > job.numjobs:
        raise _less(
            job, f"fio's transfers came back short: {direction.bytes} bytes in {direction.count} blocks of {block}"
        )


def _flushed(job: Job, result: Result) -> None:
    """Every write that was to be flushed was."""
    if job.fdatasync:
        done, due = result.sync.count if result.sync else 0, result.write.count // job.fdatasync
        if falls_short(done, due):
            raise _less(job, f"fio counted {done} fdatasync and was to do {due}")


def _size_reached(job: Job, moved: int) -> bool:
    """Whether a job of a size moved it; a job of a time has none to reach."""
    if job.time_based and job.runtime is not None:
        return False
    size = job.size if job.size is not None else _length(job.filename) - job.offset
    block = block_size(job.bs) or 1
    return moved >= max(1, size // block * block) * job.numjobs


def _length(path: str) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.lseek(fd, 0, os.SEEK_END)
    finally:
        os.close(fd)


def _less(job: Job, why: str) -> FioError:
    return FioError(why, hint=f"run it by hand: {' '.join(job.argv())}")
