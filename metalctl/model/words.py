"""Names of products, models and requirements: how a person's word is held against what a machine says."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache


@lru_cache(maxsize=4096)
def words(text: str) -> frozenset[str]:
    """The words of a product's name: "Dell Inc. PowerEdge R750" → dell, inc, poweredge, r750."""
    return frozenset(w.strip(".") for w in re.findall(r"[a-z0-9.+]+", text.lower()))


def is_product(product: str, key: str) -> bool:
    """Whether every word of the key ("dell-r750", "dell r750") is a word of the product's name."""
    wanted = words(key)
    return bool(wanted) and wanted <= words(product)


@lru_cache(maxsize=8192)
def fits(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns (`*`, `?`, `[…]`; case does not count) describes the whole text."""
    return any(fnmatchcase(text.lower(), pattern.lower()) for pattern in patterns)
