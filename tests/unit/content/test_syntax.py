"""A thousand nodes end their runs at once: the files of the checks are read in many threads."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from metalctl.content.syntax import parse

# Deep enough that the collector comes while it is built.
SOURCE = "\n".join(f"def f{n}(a=({n}, [1, {{2: (3, (4, {n}))}}])): return [a for b in (a,) if b]" for n in range(150))


def _yield(*_: object) -> None:
    time.sleep(0)


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """The collector comes often, and while it works others run: that is where a thread is left in the middle."""
    before = gc.get_threshold()
    gc.set_threshold(100)
    gc.callbacks.append(_yield)
    yield
    gc.callbacks.remove(_yield)
    gc.set_threshold(*before)


def test_many_threads_may_parse_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda _: parse(SOURCE), range(60)))
    assert {len(tree.body) for tree in trees} == {150}
    assert ast.dump(trees[0]) == ast.dump(trees[-1])


def test_what_is_no_python_is_said() -> None:
    with pytest.raises(SyntaxError):
        parse("def (", "x.py")
