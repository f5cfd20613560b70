"""A word that nobody knows, and the one that was probably meant."""

from __future__ import annotations

import difflib


def suggest(name: str, known: list[str]) -> str:
    """ "did you mean …?" where something known is near, else the list of what is known."""
    if near := difflib.get_close_matches(name, known, n=1, cutoff=0.6):
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(known)}" if known else ""
