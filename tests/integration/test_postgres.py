"""The store, the workflows and the lock on a real PostgreSQL: several services, one store, each node walked once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from metalctl.engine.durability.lock import PostgresLock, wait_for
from metalctl.engine.errors import Locked
from metalctl.engine.operate import submit
from metalctl.engine.pipeline.overview import standings
from metalctl.store import enrollments, epochs
from metalctl.store.database import open_database
from metalctl.store.errors import Fenced
from tests.integration import postgres
from tests.unit.waiting import until

pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing())
NETWORK = "172.31.7.0/24"

WALKER = """
import sys, time
from pathlib import Path
from metalctl.engine.durability.durable import Durable
from metalctl.engine.durability.lock import PostgresLock, wait_for
from metalctl.engine.pipeline.outcome import Next
from metalctl.engine.pipeline.walker import Walker
import threading

url, name, folder, stages = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4].split(",")
lock = PostgresLock(url, name)
wait_for(lock, threading.Event(), lambda line: None)
(folder / f"holds-{__import__('os').getpid()}").touch()

def tick(enrollment, stage):
    with (folder / "ticks").open("a") as file:
        file.write(f"{enrollment} {stage}\\n")
    if stage == "slow" and not (folder / "go").exists():
        return Next.wait(0.2)
    return Next(ended=True, passed=True)

def left(enrollment):
    # What is not done, as the store would say.
    ticks = folder / "ticks"
    seen = ticks.read_text().splitlines() if ticks.exists() else []
    return [stage for stage in stages if stage == "slow" or f"{enrollment} {stage}" not in seen]

walker = Walker(tick, left)
durable = Durable(url, walker.walk, executor=name)
durable.launch()
for number in range(3):
    durable.start([(f"{name}-n{number}", 1)])
while not (folder / "go").exists() or durable.walked:
    time.sleep(0.1)
time.sleep(1)
durable.stop()
walker.close()
lock.release()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """A database of the test's own."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"t{os.urandom(4).hex()}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def test_the_schema_and_every_query_of_an_enrollment_work_there(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_USERNAME", "u")
    monkeypatch.setenv("LAB_PASSWORD", "p")
    rows = [submit.Row(f"n{i}", f"https://127.0.0.{i + 2}", "env:LAB", "lab/compute") for i in range(3)]
    submit.submit(database, rows, level="quick", allow_erase=False, service=NETWORK)
    with database.begin() as connection:
        assert len(enrollments.under_way(connection, NETWORK)) == 3
        assert enrollments.under_way(connection, "10.0.0.0/8") == []
        assert enrollments.unreported(connection) == []
    assert [s.node for s in standings(database, findings=True)] == ["n0", "n1", "n2"]


def test_one_service_a_boot_network_and_the_next_is_told_who_has_it(url: str) -> None:
    first, second, other = PostgresLock(url, NETWORK), PostgresLock(url, NETWORK), PostgresLock(url, "10.0.0.0/8")
    first.acquire()
    with pytest.raises(Locked, match=f"pid {os.getpid()}"):
        second.acquire()
    assert str(os.getpid()) in (second.holder or "")
    other.acquire()
    other.release()
    first.release()
    assert second.holder is None
    second.acquire()
    second.release()


def test_a_session_that_the_database_ended_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metalctl.engine.durability.lock.BEAT", 0.05)
    lock = PostgresLock(url, NETWORK)
    lock.acquire()
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'metalctl %'"
        connection.execute(text(ours))
    until(lambda: lock.lost)
    standby = PostgresLock(url, NETWORK)
    assert wait_for(standby, threading.Event(), lambda _: None)
    standby.release()
    lock.release()
    admin.dispose()


def test_a_service_that_was_replaced_may_not_act_and_one_of_another_network_may(database: Engine) -> None:
    with database.begin() as connection:
        old, other = epochs.begin(connection, NETWORK, "a"), epochs.begin(connection, "10.0.0.0/8", "b")
        epochs.begin(connection, NETWORK, "c")
        epochs.check(connection, "10.0.0.0/8", other)
        with pytest.raises(Fenced, match="c"):
            epochs.check(connection, NETWORK, old)


def test_after_kill_9_a_standby_goes_on_and_nothing_runs_twice(url: str, tmp_path: Path) -> None:
    def serve() -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", WALKER, url, NETWORK, str(tmp_path), "one,slow,end"]
        return subprocess.Popen(words)

    def ticks(stage: str) -> int:
        log = tmp_path / "ticks"
        return sum(line.split()[1] == stage for line in log.read_text().splitlines()) if log.exists() else 0

    first = serve()
    until(lambda: ticks("slow") >= 3)
    standby = serve()
    assert not (tmp_path / f"holds-{standby.pid}").exists()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    until(lambda: (tmp_path / f"holds-{standby.pid}").exists(), 60)
    before = ticks("slow")
    until(lambda: ticks("slow") > before + 3)
    (tmp_path / "go").touch()
    assert standby.wait(120) == 0
    assert (ticks("one"), ticks("end")) == (3, 3)
