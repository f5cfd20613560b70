"""What a sweep and a poll share: workers beside each other, rows as they are done, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing

import pytest

from metalctl.bmc.endpoint import Credential, Endpoint
from metalctl.bmc.many import credential_of, each


class Work:
    """Doubles a number after as many turns of the loop as it says; counts who is at work, and who was stopped."""

    def __init__(self) -> None:
        self.now = self.most = self.begun = self.stopped = 0

    async def __call__(self, number: int) -> int:
        self.begun += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(number):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.now -= 1
        return 2 * number


async def rows(work: Work, numbers: list[int], concurrency: int, ahead: int = 0) -> list[int]:
    async with aclosing(each(numbers, work, concurrency, ahead)) as found:
        return [row async for row in found]


@pytest.mark.parametrize("ahead", [0, 1])
def test_rows_come_in_the_order_in_which_they_are_done_each_once(ahead: int) -> None:
    assert asyncio.run(rows(Work(), [90, 10, 50], 3, ahead)) == [20, 100, 180]


@pytest.mark.parametrize(("concurrency", "at_once"), [(3, 3), (1, 1), (0, 1), (99, 20)])
def test_no_more_are_at_work_than_was_asked_and_no_fewer(concurrency: int, at_once: int) -> None:
    work = Work()
    assert sorted(asyncio.run(rows(work, [5] * 20, concurrency))) == [10] * 20
    assert work.most == at_once


def test_of_nobody_there_are_no_rows() -> None:
    assert asyncio.run(rows(Work(), [], 4)) == []


@pytest.mark.parametrize(("ahead", "begun"), [(2, 2 + 1 + 2), (0, 50)])
def test_workers_wait_for_a_slow_reader_when_rows_may_not_pile_up(ahead: int, begun: int) -> None:
    """Of 50: one row was taken, two lie ready, and each of the two workers holds one."""
    work = Work()

    async def slow() -> None:
        async with aclosing(each([1] * 50, work, 2, ahead)) as found:
            await anext(found)
            for _ in range(500):
                await asyncio.sleep(0)
            assert work.begun == begun

    asyncio.run(slow())


def test_who_stops_early_stops_the_workers_and_the_garbage_is_looked_for_as_before() -> None:
    before = gc.get_threshold()
    work = Work()

    async def stop() -> None:
        async with aclosing(each([1, 10_000, 10_000], work, 3)) as found:
            assert await anext(found) == 2
            assert gc.get_threshold() != before
        assert (work.now, work.stopped) == (0, 2)
        assert len(asyncio.all_tasks()) == 1
        assert gc.get_threshold() == before

    asyncio.run(stop())


def test_a_credential_is_one_for_all_or_asked_for_each() -> None:
    one, other = Credential("a", "1"), Credential("b", "2")
    endpoint = Endpoint("192.0.2.7")
    assert credential_of(one, endpoint) is one
    assert credential_of(lambda asked: other if asked is endpoint else one, endpoint) is other
