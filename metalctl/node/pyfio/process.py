"""fio as a child process."""

from __future__ import annotations

from metalctl.node import tool
from metalctl.node.errors import ToolFailed
from metalctl.node.pyfio import cover
from metalctl.node.pyfio.job import Job
from metalctl.node.pyfio.result import FioError, Result, parse

_SETTLE = 30.0  # seconds above the runtime for start, layout of a file, and the summary


def run(job: Job, timeout: float | None = None) -> Result:
    """Run the job. Raises FioRefused before the start, FioError and ToolFailed for what went wrong.

    timeout: seconds after which fio and its children are killed; default: the runtime and half a minute more.
    A result of less than the job (time, bytes, whole blocks) is a FioError: there is nothing to judge.
    """
    job.refuse()
    limit = timeout if timeout is not None else (job.runtime or 600.0) * 1.5 + _SETTLE
    try:
        output = tool.run(job.argv(), limit)
    except ToolFailed as failed:
        raise FioError(failed.message, hint=failed.hint, **failed.fields) from failed
    if output.code != 0 and "{" not in output.out:
        raise FioError(f"fio ended with {output.code}: {_tail(output)}", hint=_by_hand(job), stderr=output.err)
    result = parse(output.out, output.err)
    if output.code != 0:
        raise FioError(f"fio ended with {output.code}: {_tail(output)}", hint=_by_hand(job), stderr=output.err)
    cover.require(job, result)
    return result


def _tail(output: tool.Output) -> str:
    return (output.err.strip() or output.out.strip() or "it said nothing").splitlines()[-1][:300]


def _by_hand(job: Job) -> str:
    return f"run it by hand: {' '.join(job.argv())}"
