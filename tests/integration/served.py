"""`metalctl serve` for tests: the command itself, without a ramdisk and images, which simulated machines do not fetch.

    python -m tests.integration.served [--stuck FILE] WORDS OF METALCTL SERVE...

--stuck: as long as this file exists the supervisor hangs, as it would in a database driver that never returns.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(words: list[str]) -> None:
    """Never returns."""
    from bench._engine import nothing
    from metalctl.cli.main import main as metalctl
    from metalctl.engine.serving import artifacts
    from metalctl.store import enrollments

    artifacts.prepare = lambda settings, progress: nothing()  # type: ignore[assignment]
    if words[:1] == ["--stuck"]:
        under_way, hang = enrollments.under_way, Path(words[1])

        def stuck(*args: object) -> object:
            while hang.exists():
                time.sleep(0.1)
            return under_way(*args)  # type: ignore[arg-type]

        enrollments.under_way = stuck  # type: ignore[assignment]
        words = words[2:]
    metalctl(["serve", *words])


if __name__ == "__main__":
    main(sys.argv[1:])
