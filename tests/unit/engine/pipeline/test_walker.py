"""A walk goes on whatever a tick raises, is cut short by what it waits for, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from metalctl.engine.pipeline import walker as walker_module
from metalctl.engine.pipeline.outcome import Next
from metalctl.engine.pipeline.walker import Walker
from metalctl.engine.topics import node_topic

PASSED = Next(ended=True, passed=True)


def left(_enrollment: str) -> list[str]:
    return ["matched", "prepared"]


@pytest.fixture
def made() -> Iterator[Callable[[Callable[[str, str], Next]], Walker]]:
    walkers: list[Walker] = []

    def make(tick: Callable[[str, str], Next]) -> Walker:
        walkers.append(Walker(tick, left, threads=4))
        return walkers[-1]

    yield make
    for walker in walkers:
        walker.close()


def playing(*outcomes: Next | Exception) -> tuple[Callable[[str, str], Next], list[str]]:
    """A tick that says these one after the other, and the stages it was called for."""
    left, called = list(outcomes), []

    def tick(_enrollment: str, stage: str) -> Next:
        called.append(stage)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return tick, called


def test_no_exception_of_a_tick_ends_the_walk(made: Callable[..., Walker], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker_module, "FIRST_PAUSE", 0.0)
    tick, called = playing(OSError(24, "Too many open files"), ValueError("database is locked"), PASSED)
    walker = made(tick)
    assert asyncio.run(walker.walk_stage("n1", "matched"))
    assert called == ["matched"] * 3
    assert walker.faults == {}


def test_a_tick_that_raises_is_told_as_long_as_it_does(
    made: Callable[..., Walker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walker_module, "FIRST_PAUSE", 0.0)
    seen: list[dict[str, walker_module.Fault]] = []
    errors = [OSError(28, "No space left on device")] * 2

    def tick(_enrollment: str, _stage: str) -> Next:
        seen.append(dict(walker.faults))
        if errors:
            raise errors.pop()
        return PASSED

    walker = made(tick)
    asyncio.run(walker.walk_stage("n1", "matched"))
    assert [faults.get("n1") and faults["n1"].times for faults in seen] == [None, 1, 2]
    assert "No space left" in seen[-1]["n1"].reason


@pytest.mark.parametrize("topic", ["places", node_topic("n1")])
def test_what_a_walk_waits_for_cuts_its_wait_short(topic: str, made: Callable[..., Walker]) -> None:
    tick, called = playing(Next.wait(3600, ("places",)), PASSED)
    walker = made(tick)

    async def scene() -> bool:
        walk = asyncio.create_task(walker.walk_stage("n1", "inspected"))
        while not called:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        walker.publish("something else")
        await asyncio.sleep(0.05)
        assert not walk.done()
        threading.Thread(target=walker.publish, args=(topic,)).start()
        return await asyncio.wait_for(walk, 30)

    assert asyncio.run(scene())
    assert len(called) == 2


def test_what_is_told_for_later_cuts_the_wait_short_then(made: Callable[..., Walker]) -> None:
    tick, called = playing(Next.wait(3600), PASSED)
    walker = made(tick)

    async def scene() -> float:
        walk = asyncio.create_task(walker.walk_stage("n1", "inspected"))
        while not called:
            await asyncio.sleep(0.01)
        begun = time.monotonic()
        walker.publish(node_topic("n1"), 0.3)
        assert await asyncio.wait_for(walk, 30)
        return time.monotonic() - begun

    assert asyncio.run(scene()) >= 0.3


def test_what_happens_while_a_tick_looks_is_not_missed(made: Callable[..., Walker]) -> None:
    looks: list[int] = []

    def tick(_enrollment: str, _stage: str) -> Next:
        looks.append(1)
        if len(looks) == 1:
            walker.publish(node_topic("n1"))  # the node called between our look and our wait
            return Next.wait(3600)
        return PASSED

    walker = made(tick)
    assert asyncio.run(asyncio.wait_for(walker.walk_stage("n1", "inspected"), 30))


def test_a_walk_that_is_cancelled_leaves_no_interest_behind(made: Callable[..., Walker]) -> None:
    tick, called = playing(Next.wait(3600, ("places",)))
    walker = made(tick)

    async def scene() -> None:
        walk = asyncio.create_task(walker.walk_stage("n1", "inspected"))
        while not called:
            await asyncio.sleep(0.01)
        walk.cancel()
        await asyncio.gather(walk, return_exceptions=True)

    asyncio.run(scene())
    assert not walker._waiting


def test_closing_waits_for_the_tick_that_runs() -> None:
    """Nothing may act on a node after the service lock is released."""
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def tick(_enrollment: str, _stage: str) -> Next:
        begun.set()
        go.wait(30)
        ended.set()
        return PASSED

    walker = Walker(tick, left)

    async def scene() -> None:
        walk = asyncio.create_task(walker.walk_stage("n1", "installed"))
        await asyncio.to_thread(begun.wait, 30)
        walk.cancel()
        await asyncio.gather(walk, return_exceptions=True)

    asyncio.run(scene())
    threading.Timer(0.2, go.set).start()
    walker.close()
    assert ended.is_set()


def test_ticks_that_all_hang_are_seen_as_soon_as_others_wait_for_a_thread(made: Callable[..., Walker]) -> None:
    go, running = threading.Event(), threading.Semaphore(0)

    def tick(_enrollment: str, _stage: str) -> Next:
        running.release()
        go.wait(30)
        return PASSED

    walker = made(tick)

    async def scene() -> None:
        walks = [asyncio.create_task(walker.walk_stage(f"n{n}", "inspected")) for n in range(4)]
        await asyncio.sleep(0)
        for _ in walks:
            assert await asyncio.to_thread(running.acquire, timeout=30)
        assert walker.idle == 0.0, "each has its thread: long ticks are no stuck service"
        assert (walker.longest[0], walker.longest[1] > 0) == ("n0", True)
        walks.append(asyncio.create_task(walker.walk_stage("n4", "inspected")))
        await asyncio.sleep(0.05)
        first = walker.idle
        await asyncio.sleep(0.05)
        assert walker.idle > first > 0.0
        go.set()
        await asyncio.gather(*walks)
        assert (walker.idle, walker.longest[0]) == (0.0, "")

    try:
        asyncio.run(scene())
    finally:
        go.set()


def test_the_stages_that_are_left_are_walked_in_order_until_one_fails(made: Callable[..., Walker]) -> None:
    tick, called = playing(PASSED, Next(ended=True, passed=False))
    assert not asyncio.run(made(tick).walk("n1"))
    assert called == ["matched", "prepared"]
    tick, called = playing(Next(ended=True, passed=False))
    assert not asyncio.run(made(tick).walk("n1"))
    assert called == ["matched"]
    tick, called = playing(PASSED, PASSED)
    assert asyncio.run(made(tick).walk("n1"))
