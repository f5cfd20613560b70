"""Requests side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, side by side. One alone needs no task of its own; a chassis or a controller often is alone."""
    every = list(works)
    return [await every[0]] if len(every) == 1 else await asyncio.gather(*every)
