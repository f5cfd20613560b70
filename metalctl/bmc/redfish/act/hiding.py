"""Secrets cut out of what a BMC says: some repeat the value that they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without(value: Any, secrets: list[str]) -> Any:
    """JSON with the secrets cut out of its texts."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "…")
        return value
    if isinstance(value, Mapping):
        return {name: without(one, secrets) for name, one in value.items()}
    return [without(one, secrets) for one in value] if isinstance(value, list) else value
