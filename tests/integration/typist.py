"""Runs command lines of metalctl one after the other in one process: what a shell would do, without a start each time.

A line on stdin is a JSON list of words; the answer is a JSON line {"code", "out", "err"}.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys


def main() -> None:
    """Until stdin ends."""
    from metalctl.cli.main import run

    answers = sys.stdout
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = run(json.loads(line))
        answers.write(json.dumps({"code": code, "out": out.getvalue(), "err": err.getvalue()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
