"""News of nodes: a run on a node says "my journal grew" with a tiny signed call, and is read by SSH only then.

A call is a hint and no evidence: it carries the run's id and the number of the journal's last entry, signed with a key
of that run alone. Nobody else's call makes us look, and the same call twice does not. A run that calls at its beat and
did not grow is not read; one whose calls do not come (through) is read by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from metalctl.engine.reach.access import write_private
from metalctl.engine.state import StateDir
from metalctl.engine.topics import node_topic
from metalctl.model.run import BEAT, Herald, News

# Seconds between two looks at a run whose calls do not come through, and whose calls do.
QUICK, SLOW = 4.0, 1.25 * BEAT
# A run that missed two beats is looked at.
SILENT = 2.5 * BEAT
# After a restart every run is read once, since what it said meanwhile was said to nobody: one after the other, so
# many seconds apart. A call that comes before that is answered at once.
APART = 0.1


@dataclass(slots=True)
class _Expected:
    enrollment: str
    seq: int = -1
    call: int = 0
    at: float = 0.0
    turn: float = 0.0  # to be read, where the run was under way already


class Newsroom:
    """Which runs may call, and which did."""

    def __init__(
        self, state: StateDir, publish: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = state
        self._publish = publish
        self._clock = clock
        self._expected: dict[str, _Expected] = {}
        self._lock = threading.Lock()
        self._secret = b""
        self._next = 0.0

    def herald(self, url: str, run_id: str) -> Herald:
        """What a run is given so that it can call."""
        return Herald(f"{url}/news", self._key(run_id))

    def expect(self, run_id: str, enrollment: str, *, known: bool = False) -> None:
        """The run is under way: its calls count. known: it was started before, maybe by a service before this one."""
        with self._lock:
            if run_id in self._expected:
                return
            expected = self._expected[run_id] = _Expected(enrollment)
            if known:
                self._next = expected.turn = max(self._clock(), self._next + APART)

    def forget(self, enrollment: str) -> None:
        """The stage has ended."""
        with self._lock:
            for run_id in [r for r, e in self._expected.items() if e.enrollment == enrollment]:
                del self._expected[run_id]

    def heard(self, news: News) -> bool:
        """A call came in; whether it was believed. From any thread."""
        signed = news.signed(self._key(news.run)).signature
        if not hmac.compare_digest(signed.encode(), news.signature.encode()):
            return False
        with self._lock:
            expected = self._expected.get(news.run)
            if expected is None or news.call <= expected.call:
                return expected is not None
            expected.call, expected.at = news.call, self._clock()
            grew, expected.seq = news.seq > expected.seq, max(news.seq, expected.seq)
        if grew:
            self._publish(node_topic(expected.enrollment))
        return True

    def nothing_new(self, run_id: str, entries: int) -> bool:
        """Whether a journal of which so many entries were read need not be read: the run calls, and has no more."""
        with self._lock:
            expected, moment = self._expected.get(run_id), self._clock()
            if expected is None:
                return False
            if expected.call == 0:
                return moment < expected.turn
            return expected.seq < entries and moment - expected.at < SILENT

    def pause(self, run_id: str) -> float:
        """Seconds to wait before looking without a call."""
        with self._lock:
            expected, moment = self._expected.get(run_id), self._clock()
        if expected is None:
            return QUICK
        if moment < expected.turn:
            return expected.turn - moment
        # A run that was under way before us is as good as heard: it calls at its beat, if it can.
        heard = expected.at if expected.call else expected.turn
        return SLOW if heard and moment - heard < SILENT else QUICK

    def _key(self, run_id: str) -> str:
        with self._lock:
            self._secret = self._secret or self._load()
            return hmac.new(self._secret, run_id.encode(), hashlib.sha256).hexdigest()

    def _load(self) -> bytes:
        path = self._state.keys / "news.key"
        if not path.exists():
            write_private(path, secrets.token_bytes(32))
        return path.read_bytes()
