"""Which nodes test their network against each other, and in which order.

Rounds of disjoint pairs (the circle method), so that no node is in two tests at once. At level quick only as many
rounds as it takes for every node to have been tested once; at the others the whole tournament of n-1 rounds.
"""

from __future__ import annotations

from collections.abc import Sequence

Round = list[tuple[str, str]]


def tournament(names: Sequence[str]) -> list[Round]:
    """All rounds: everybody meets everybody once; with an odd number somebody rests in each round."""
    seats: list[str | None] = sorted(names)  # type: ignore[assignment]
    if len(seats) < 2:
        return []
    if len(seats) % 2:
        seats.append(None)
    half, rounds = len(seats) // 2, []
    for _ in range(len(seats) - 1):
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        rounds.append([(a, b) for a, b in pairs if a is not None and b is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return rounds


def rounds_for(names: Sequence[str], level: str) -> list[Round]:
    """The rounds of a level."""
    everything = tournament(names)
    if level != "quick":
        return everything
    tested: set[str] = set()
    chosen: list[Round] = []
    for pairs in everything:
        useful = [p for p in pairs if not set(p) <= tested]
        if useful:
            chosen.append(useful)
            tested.update(n for p in useful for n in p)
    return chosen
