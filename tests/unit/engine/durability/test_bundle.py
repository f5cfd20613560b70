"""The runner bundle: small enough for a thousand nodes, and whole."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from metalctl.engine.durability import bundle

# Every node is sent it twice.
MOST = 5 * 2**20


def test_the_bundle_runs_by_itself_and_is_small(tmp_path: Path) -> None:
    digest, data = bundle.build()
    assert len(data) < MOST
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(tmp_path)
    # -I -S: nothing of this machine but the standard library.
    lines = (
        "import sys; sys.path.insert(0, sys.argv[1])",
        "import pytest, pyudev, pyroute2, pygments.lexers, metalctl.node",
        "from _pytest._io.terminalwriter import TerminalWriter",
        "writer = TerminalWriter(); writer.hasmarkup = True",
        "assert '\\x1b[' in writer._highlight('def f(): pass')",
        "assert '\\x1b[' in writer._highlight('- a', 'diff')",
        "sys.exit(pytest.main(['--version']))",
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "\n".join(lines), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(digest) == 16
