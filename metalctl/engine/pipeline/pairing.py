"""Which nodes test their network against each other, in which order, and which of them now.

The plan is made once: the rounds of a tournament (the circle method), in which no uplink of a switch carries more pairs
at a time than it may. Without a limit, or within one switch, that is exactly the tournament's n-1 rounds. A level has
so many rounds; pairs for which there is no room are left out, and that is shown.

What runs is decided anew whenever a node becomes free: the first planned pairs whose nodes both wait and whose uplinks
have room. So a node that is late, or gone, keeps only its own pairs waiting. No node is in two tests at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar
from zlib import crc32

Round = list[tuple[str, str]]

# Rounds of a level; a pair takes about 2.5 minutes. [J] Burn-in plays the whole tournament of up to 64 nodes.
ROUNDS = {"quick": 3, "normal": 8, "burn-in": 63}
# Who rested too often, since its partners tested over an uplink, gets so many rounds more: one pair proves little.
ENOUGH, MORE = 2, 2
# Pairs over one switch's uplinks at a time: one asks no more of them than the line rate of one node. [J]
PER_UPLINK = 1


class Ends(Protocol):
    """A planned pair."""

    @property
    def server(self) -> str: ...
    @property
    def client(self) -> str: ...


P = TypeVar("P", bound=Ends)


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


def rounds_for(
    names: Sequence[str], level: str, groups: Mapping[str, str] | None = None, per_uplink: int = PER_UPLINK
) -> list[Round]:
    """The rounds of a level. groups: node → its switch, "" where that is not known: then no uplink is counted."""
    return plan(names, groups or {}, per_uplink, ROUNDS.get(level, ROUNDS["burn-in"]))


def plan(names: Sequence[str], groups: Mapping[str, str], per_uplink: int, most: int) -> list[Round]:
    """So many rounds, and at most MORE where a node would else have no two pairs.

    First as many pairs over uplinks as these carry, since only they judge an uplink; then in each switch the rounds of
    its own tournament, without who tests over an uplink; then what still has room.
    """
    table = _Table(groups, per_uplink, most)
    switches: dict[str, list[str]] = defaultdict(list)
    for name in names:
        switches[groups.get(name, "")].append(name)
    every = [pair for pairs in tournament(names) for pair in pairs] if len(switches) > 1 else []
    _over_uplinks(table, every, groups, per_uplink, most)
    late: Round = []
    for some in switches.values():
        for number, pairs in enumerate(tournament(some)):
            late += [pair for pair in pairs if not table.place(pair, number)]
    for pair in (*late, *every):
        table.place(pair)
    table.give_more([*late, *every])
    return [pairs for pairs in table.rounds if pairs]


def _over_uplinks(table: _Table, every: Round, groups: Mapping[str, str], per_uplink: int, most: int) -> None:
    """Each switch with another one in each round: which uplink is slow shows only when each was tried with several."""
    crossing: dict[tuple[str, ...], Round] = defaultdict(list)
    for pair in every:
        if uplinks := crossed(*pair, groups):
            crossing[tuple(sorted(uplinks))].append(pair)
    # In another order than the switches' own tournaments: else one node is always the partner that is left without.
    mixed = {both: deque(sorted(pairs, key=_mixed)) for both, pairs in crossing.items()}
    meetings = tournament(sorted({switch for both in crossing for switch in both}))
    for number in range(most if meetings else 0):
        for both in meetings[number % len(meetings)]:
            left = mixed[tuple(sorted(both))]
            room = per_uplink
            for _ in range(len(left)):
                pair = left.popleft()
                if not table.place(pair, number):
                    left.append(pair)
                elif (room := room - 1) == 0:
                    break


def _mixed(pair: tuple[str, str]) -> int:
    return crc32(" ".join(pair).encode())


class _Table:
    """Rounds that are filled pair by pair. Bit r of a number: in round r this node tests, or this uplink is full."""

    def __init__(self, groups: Mapping[str, str], per_uplink: int, most: int) -> None:
        self.rounds: list[Round] = []
        self._groups = groups
        self._per_uplink = per_uplink
        self._most = most
        self._whole = (1 << most) - 1
        self._busy: dict[str, int] = defaultdict(int)
        self._full: dict[str, int] = defaultdict(int)
        self._load: Counter[tuple[str, int]] = Counter()
        self._met: set[tuple[str, str]] = set()
        self._tests: Counter[str] = Counter()

    def place(self, pair: tuple[str, str], number: int | None = None) -> bool:
        """Into that round, by default the first with room; False where there is none."""
        a, b = pair
        busy = self._busy[a] | self._busy[b]
        if busy == self._whole:
            return False
        uplinks = crossed(a, b, self._groups)
        for uplink in uplinks:
            busy |= self._full[uplink]
        first = (~busy & (busy + 1)).bit_length() - 1 if number is None else number
        key = (a, b) if a < b else (b, a)
        if first >= self._most or busy >> first & 1 or key in self._met:
            return False
        self._met.add(key)
        self._tests.update(pair)
        self.rounds += ([] for _ in range(first + 1 - len(self.rounds)))
        self.rounds[first].append(pair)
        self._busy[a] |= 1 << first
        self._busy[b] |= 1 << first
        for uplink in uplinks:
            self._load[uplink, first] += 1
            if self._load[uplink, first] >= self._per_uplink:
                self._full[uplink] |= 1 << first
        return True

    def give_more(self, pairs: Iterable[tuple[str, str]]) -> None:
        """A few rounds more for those that have fewer than ENOUGH pairs."""
        self._most += MORE
        self._whole = (1 << self._most) - 1
        for pair in pairs:
            if min(self._tests[name] for name in pair) < ENOUGH:
                self.place(pair)


def crossed(a: str, b: str, groups: Mapping[str, str]) -> tuple[str, ...]:
    """The switches over whose uplinks a pair goes; none within a switch, or where a switch is not known."""
    here, there = groups.get(a, ""), groups.get(b, "")
    return (here, there) if here and there and here != there else ()


def to_begin(
    planned: Iterable[P], under_way: Iterable[Ends], free: Iterable[str], groups: Mapping[str, str], per_uplink: int
) -> Iterator[P]:
    """Those of the planned pairs, in their order, that can begin now. free: nodes that wait and are in no test."""
    waiting = set(free)
    load = Counter(uplink for pair in under_way for uplink in crossed(pair.server, pair.client, groups))
    for pair in planned:
        uplinks = crossed(pair.server, pair.client, groups)
        if {pair.server, pair.client} <= waiting and all(load[uplink] < per_uplink for uplink in uplinks):
            waiting -= {pair.server, pair.client}
            load.update(uplinks)
            yield pair


def possible(number: int) -> int:
    """How many pairs so many nodes make."""
    return number * (number - 1) // 2
