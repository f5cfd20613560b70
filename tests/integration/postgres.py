"""A real PostgreSQL server for tests: a cluster of its own in a temporary folder, on a socket, run by nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Debian keeps its programs out of the PATH, one folder a version.
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# Nobody's: PostgreSQL refuses to run as root.
_USER = 65534


def missing() -> str:
    """Why there is no server here, "" when there is."""
    return "" if _FOLDERS else "PostgreSQL is not installed: ./dev setup test"


@contextmanager
def server(connections: int = 200) -> Iterator[str]:
    """The URL of an empty database; the server and its files go at the end. connections: at most."""
    folder = Path(tempfile.mkdtemp(prefix="metalctl-pg-"))
    os.chown(folder, _USER, _USER)
    data = folder / "data"
    try:
        _as_nobody("initdb", "-D", str(data), "-U", "metalctl", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = (
            f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections={connections}"
        )
        _as_nobody("pg_ctl", "-D", str(data), "-w", "-t", "120", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://metalctl@/postgres?host={folder}"
        finally:
            _as_nobody("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_nobody(program: str, *arguments: str) -> None:
    words = [str(_FOLDERS[-1] / program), *arguments]
    drop = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if os.geteuid() == 0 else []
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    # The server inherits what it is started with: a pipe would never be closed.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([*drop, *words], stdout=output, stderr=output, env=environment, cwd="/", check=False)
        output.seek(0)
        assert done.returncode == 0, output.read().decode(errors="replace")[-2000:]
