"""Python source as a tree, from any thread.

CPython 3.11 up to 3.11.4 (Debian 12 has 3.11.2) counts the depth of a tree that it builds for the whole interpreter:
two threads that parse at once raise "SystemError: AST constructor recursion depth mismatch"
(https://github.com/python/cpython/issues/106905). So one at a time.
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(source: str | bytes, name: str = "<unknown>") -> ast.Module:
    """The tree of a file; raises what ast.parse raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, name)
