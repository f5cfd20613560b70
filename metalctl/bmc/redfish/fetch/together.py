"""Requests side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from itertools import chain
from typing import Any, TypeVar

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, side by side. One alone needs no task of its own; a chassis or a controller often is alone."""
    every = list(works)
    return [await one for one in every] if len(every) < 2 else await asyncio.gather(*every)


def flat(lists: Iterable[Iterable[T]]) -> list[T]:
    """All that is in the lists."""
    return list(chain.from_iterable(lists))
