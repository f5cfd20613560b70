"""Calls of runs: believed only with the key of that run, a hint to look and nothing else."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from metalctl.engine.reach.news import APART, QUICK, SILENT, SLOW, Newsroom
from metalctl.engine.state import StateDir
from metalctl.engine.topics import node_topic
from metalctl.model.codec import decode
from metalctl.model.run import Herald, News
from metalctl.node.herald import Caller
from tests.unit.waiting import until


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(state: StateDir, told: list[str], clock: Clock) -> Newsroom:
    made = Newsroom(state, told.append, clock)
    made.expect("n1-run", "n1")
    return made


def call(room: Newsroom, seq: int, number: int, run: str = "n1-run") -> bool:
    return room.heard(News(run, seq, number).signed(room.herald("http://c", run).key))


def test_a_journal_that_grew_wakes_the_walk_of_its_node_once(room: Newsroom, told: list[str]) -> None:
    assert call(room, 0, 1)
    assert call(room, 0, 2)  # its beat
    assert call(room, 1, 3)
    assert call(room, 1, 3)  # the same call again
    assert told == [node_topic("n1")] * 2


@pytest.mark.parametrize(
    "forged",
    [
        News("n1-run", 5, 1, "00" * 32),
        News("n1-run", 5, 1, ""),
        News("n1-run", 5, 1, "ä"),
        News("n1-run", 5, 1).signed("00"),
    ],
)
def test_a_call_without_the_key_of_the_run_is_not_believed(room: Newsroom, told: list[str], forged: News) -> None:
    assert not room.heard(forged)
    other = News("n2-run", 5, 1).signed(room.herald("http://c", "n2-run").key)
    assert not room.heard(News("n1-run", 5, 1, other.signature))
    assert told == []
    assert room.pause("n1-run") == QUICK


def test_a_call_of_a_run_that_nobody_waits_for_wakes_nobody(room: Newsroom, told: list[str]) -> None:
    assert not call(room, 0, 1, "gone-run")
    room.forget("n1")
    assert not call(room, 0, 1)
    assert told == []


def test_a_run_that_calls_is_not_read_until_it_grows_and_one_that_fell_silent_is(room: Newsroom, clock: Clock) -> None:
    assert not room.nothing_new("n1-run", 0)
    assert room.pause("n1-run") == QUICK
    call(room, 2, 1)
    assert not room.nothing_new("n1-run", 2)  # entries 0 and 1 were read, 2 is there
    assert room.nothing_new("n1-run", 3)
    assert room.pause("n1-run") == SLOW
    clock.now += SILENT
    assert not room.nothing_new("n1-run", 3)
    assert room.pause("n1-run") == QUICK


def test_after_a_restart_runs_are_read_one_after_the_other_and_one_that_calls_at_once(
    room: Newsroom, clock: Clock
) -> None:
    """A thousand SSH connections in one moment would starve everything else."""
    runs = [f"r{n}" for n in range(100)]
    for run in runs:
        room.expect(run, run, known=True)
    assert sum(not room.nothing_new(run, 5) for run in runs) == 1
    pauses = [room.pause(run) for run in runs[1:]]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(99 * APART)
    call(room, 5, 1, runs[-1])
    assert not room.nothing_new(runs[-1], 5)
    clock.now += 50 * APART
    assert sum(not room.nothing_new(run, 5) for run in runs[:-1]) == pytest.approx(51, abs=1)
    # Who had its turn is not polled until its beat comes; one that does not call at all is.
    assert room.pause(runs[0]) == SLOW
    clock.now += SILENT
    assert (room.pause(runs[0]), room.pause(runs[-1])) == (QUICK, QUICK)
    call(room, 5, 1, runs[0])
    assert room.pause(runs[0]) == SLOW
    # Once more expected, as each tick does, is no other turn; and who comes later does not wait for turns long gone.
    room.expect(runs[1], runs[1], known=True)
    assert not room.nothing_new(runs[1], 5)
    clock.now += 1000
    room.expect("late", "late", known=True)
    assert not room.nothing_new("late", 5)


def test_the_key_outlives_a_restart_and_is_the_owners_alone(room: Newsroom, state: StateDir) -> None:
    again = Newsroom(state, print)
    assert again.herald("u", "r") == room.herald("u", "r")
    assert (state.keys / "news.key").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def controller(room: Newsroom) -> Iterator[str]:
    """The boot service's route, as far as the node sees it."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204 if room.heard(decode(News, json.loads(body))) else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_node_calls_when_its_journal_grows_and_once_more_at_its_end(
    room: Newsroom, told: list[str], controller: str
) -> None:
    caller = Caller(room.herald(controller, "n1-run"), "n1-run")
    caller.grew(0)
    until(lambda: told == [node_topic("n1")])
    caller.grew(7)
    caller.close()
    assert told == [node_topic("n1")] * 2
    assert room.nothing_new("n1-run", 8)


def test_a_controller_that_is_away_costs_the_run_nothing() -> None:
    caller = Caller(Herald("http://127.0.0.1:9/news", "00" * 32), "n1-run")
    for number in range(1000):
        caller.grew(number)
    caller.close()


def test_a_run_that_shall_tell_nobody_starts_no_thread() -> None:
    before = threading.active_count()
    caller = Caller(None, "n1-run")
    caller.grew(0)
    caller.close()
    assert threading.active_count() == before
