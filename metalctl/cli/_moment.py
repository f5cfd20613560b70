"""A point in time as people write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_LATER = re.compile(r"\+(\d+)(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}


def moment(text: str | None) -> str:
    """ISO 8601 in UTC of "+2h", "2026-12-24T18:00" (local time) or a time with offset; "" for None."""
    if text is None:
        return ""
    try:
        if later := _LATER.fullmatch(text.strip()):
            return (datetime.now(UTC) + timedelta(**{_UNITS[later[2]]: int(later[1])})).isoformat(timespec="seconds")
        found = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is not a time: write +2h, +3d or 2026-12-24T18:00") from None
    if found <= datetime.now(UTC):
        raise click.BadParameter(f"{text!r} is past")
    return found.isoformat(timespec="seconds")
