"""Tells the controller that a journal grew: a tiny signed call, at most one a second, never in the run's way.

A run that has nothing to tell calls every two minutes, so that one which was killed is missed. A call that fails is
made again a little later: the controller looks by itself, too.
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request

from metalctl.model.codec import encode
from metalctl.model.run import BEAT, Herald, News

PACE = 1.0
TIMEOUT = 5.0
# Seconds before a call that failed is made again: the controller may be restarting.
AGAIN = 15.0


class Caller:
    """Calls for one run. `grew` is told the number of each entry and returns at once."""

    def __init__(self, herald: Herald | None, run_id: str) -> None:
        self._herald = herald
        self._run_id = run_id
        self._newest = self._told = -1
        self._calls = 0
        self._change = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="herald", daemon=True)
        if herald is not None:
            self._thread.start()

    def grew(self, seq: int) -> None:
        with self._change:
            self._newest = seq
            self._change.notify()

    def close(self) -> None:
        """Make the last call, and wait for it as long as one may take."""
        with self._change:
            self._ended = True
            self._change.notify()
        if self._herald is not None:
            self._thread.join(2 * TIMEOUT + PACE)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._newest > self._told or self._ended, BEAT)
                seq, ended = self._newest, self._ended
            told = self._call(seq)
            if told:
                self._told = seq
            if ended:
                return
            with self._change:
                self._change.wait_for(lambda: self._ended, PACE if told else AGAIN)

    def _call(self, seq: int) -> bool:
        assert self._herald is not None
        self._calls += 1
        body = json.dumps(encode(News(self._run_id, seq, self._calls).signed(self._herald.key))).encode()
        request = urllib.request.Request(self._herald.url, body, {"Content-Type": "application/json"})  # noqa: S310
        # Without a proxy: the controller is on the boot network.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with contextlib.suppress(OSError, ValueError), opener.open(request, timeout=TIMEOUT) as answer:
            return int(answer.status) // 100 == 2
        return False
