"""A fleet in a thread, and a raw HTTP client that knows nothing of the simulator."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from metalctl.lab.bmc.identity import Tokens
from metalctl.lab.fleet import Fleet, FleetSettings, Tree, load_tree, parse_fault

PASSWORD = "password"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One BMC, one keep-alive connection, basic authentication unless told otherwise."""

    def __init__(self, fleet: Fleet, index: int = 0, user: str = "", password: str = PASSWORD) -> None:
        self.address, self.port = fleet.bmcs[index].address, fleet.port
        pair = f"{user or fleet.username}:{password}"
        self.basic = "Basic " + base64.b64encode(pair.encode()).decode()
        self.connection = http.client.HTTPConnection(self.address, self.port, timeout=60)

    def send(self, method: str, path: str, body: Any = None, auth: bool = True, **headers: str) -> Reply:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if auth and "X-Auth-Token" not in headers:
            headers["Authorization"] = self.basic
        text = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, text, headers)
        answer = self.connection.getresponse()
        return Reply(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def close(self) -> None:
        self.connection.close()


class Running:
    """A running fleet; `client(index)` speaks to one of its BMCs."""

    def __init__(self, fleet: Fleet, stack: ExitStack, loop: asyncio.AbstractEventLoop) -> None:
        self.fleet = fleet
        self._stack = stack
        self._loop = loop
        self._held: list[tuple[float, Callable[[], None]]] = []

    def hold(self) -> Running:
        """From now on what the BMCs do later is done when the test says so: no test is to be faster than a timer."""

        def later(seconds: float, action: Callable[[], None]) -> None:
            self._held.append((seconds, action))

        self.fleet._later = later  # type: ignore[method-assign]
        for bmc in self.fleet.bmcs:
            bmc.later = later
        return self

    def elapse(self, most: int = 99) -> list[float]:
        """The time of what is held has come, of the first `most`: after how many seconds each was to happen."""

        async def act() -> list[float]:
            due, self._held = self._held[:most], self._held[most:]
            for _, action in due:
                action()
            return [seconds for seconds, _ in due]

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(60)

    def client(self, index: int = 0, user: str = "", password: str = PASSWORD) -> Client:
        client = Client(self.fleet, index, user, password)
        self._stack.callback(client.close)
        return client

    def with_fault(self) -> Client:
        return self.client(next(bmc.index for bmc in self.fleet.bmcs if bmc.faults))


@contextmanager
def serving(tree: Tree, settings: FleetSettings) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    fleet = Fleet(tree, settings)
    try:
        with ExitStack() as stack:
            run(fleet.start())
            yield Running(fleet, stack, loop)
    finally:
        run(fleet.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """start(tree="compute", faults=("slow=1",), **settings) → Running. Power follows after 50 ms unless told."""
    with ExitStack() as stack:

        def begin(tree: str | Tree = "compute", faults: tuple[str, ...] = (), **given: Any) -> Running:
            given = {"power_time": 0.05, "base": "127.78.0.1", **given}
            settings = FleetSettings(faults=tuple(map(parse_fault, faults)), **given)
            return stack.enter_context(serving(load_tree(tree) if isinstance(tree, str) else tree, settings))

        yield begin


@pytest.fixture
def until() -> Callable[..., bool]:
    """Whether a condition became true in time."""

    def wait(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    return wait


@pytest.fixture
def unique() -> Callable[[Tokens], None]:
    """Asserts that no two BMCs of a fleet share a token, and that tokens keep their length."""

    def check(tokens: Tokens) -> None:
        seen: set[str] = set()
        for index in (0, 1, 2, 255, 256, 257, 999, 59_999):
            own = tokens.of(index)
            assert [len(token) for token in own] == [len(token) for token in tokens.kinds]
            distinct = {token.lower() for token in own}
            assert len(distinct) == len({token.lower() for token in tokens.kinds}) > 10
            assert not seen & distinct
            seen |= distinct

    return check
