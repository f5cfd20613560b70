"""Where a memory slot sits, read from its label as firmware and BMCs print it: socket, node, channel.

node: a memory controller or cluster within the socket, where the label counts channels anew in each. What a label means
is decided over all slots of a machine at once: a board writes all its labels by one rule, and "A1" may be slot 1 of
channel A or of processor A. What the labels do not tell stays "": it is never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from metalctl.model.inventory import Dimm

_SOCKET = r"(?<![A-Z0-9])(?:CPU|PROC(?:ESSOR)?|SOCKET|SKT|P)[ _#-]*(?P<socket>[0-9]{1,2})(?![0-9])"
_NODE = r"(?P<within>NODE|I?MC|CONTROLLER)[ _#-]*(?P<node>[0-9]{1,2})(?![0-9])"
_NUMBER = r"(?:[ _-]*(?:DIMM|SLOT)[ _-]*(?P<number>[0-9]{1,2}))?"
_CHANNEL = rf"(?:CHANNEL|CHAN|CH)[ _#-]*(?P<channel>[A-Z](?![A-Z])|[0-9]{{1,2}}){_NUMBER}"
_LETTER = r"(?:DIMM|SLOT)?[ _-]*(?P<channel>[A-Z])[ _-]?(?P<number>[0-9]{1,2})?(?![A-Z0-9])"
_FULL = 4  # no channel of any platform takes more modules
_DEEP = 4  # nor does one count its slots so far: a number this high counts the slots of a processor


@dataclass(frozen=True, slots=True)
class Place:
    """What a label tells; "" for what it does not. number: of the slot in its channel."""

    socket: str = ""
    node: str = ""
    channel: str = ""
    number: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a board may write its labels. letter: the channel is a bare letter, which could also mean something else.

    either: of the letter and the number, that of which there are more is the channel; with as many, nobody knows.
    """

    pattern: re.Pattern[str]
    letter: bool = False
    either: bool = False

    def read(self, label: str) -> Place | None:
        match = self.pattern.search(label.upper())
        return Place(**{k: v or "" for k, v in match.groupdict().items()}) if match else None


_NODE_MAYBE = rf"(?:{_NODE}[ _-]*)?"
# The first rule that all labels of the machine obey is the board's.
_RULES = (
    # P0_Node1_Channel0_Dimm0, P1 CHANNEL A, P0_MC1_DIM_CH_A0
    _Rule(re.compile(rf"{_SOCKET}[ _-]*{_NODE_MAYBE}(?:[A-Z]+[0-9]*[ _-]+){{0,2}}?{_CHANNEL}")),
    # CPU0_C1D0
    _Rule(re.compile(rf"{_SOCKET}[ _-]*C(?P<channel>[0-9]{{1,2}})[ _-]*D(?P<number>[0-9]{{1,2}})(?![0-9])")),
    # P1-DIMMA1, CPU0_DIMM_A1, DIMM_P1_M0
    _Rule(re.compile(rf"{_SOCKET}[ _-]*{_NODE_MAYBE}{_LETTER}"), letter=True),
    # NODE 1 CHANNEL 0 DIMM 0, Controller0-ChannelA-DIMM1
    _Rule(re.compile(rf"{_NODE}[ _-]*{_CHANNEL}")),
    # NODE 1 DIMM_B1
    _Rule(re.compile(rf"{_NODE}.*?DIMM[ _-]*(?P<channel>[A-Z])(?P<number>[0-9]{{1,2}})(?![A-Z0-9])"), letter=True),
    # CPU1 DIMM-2B, P1-DIMM3A, DIMM 1-A
    _Rule(
        re.compile(rf"(?:{_SOCKET}.*?)?DIMM[ _-]*(?P<number>[0-9]{{1,2}})[ _-]*(?P<channel>[A-Z])(?![A-Z0-9])"),
        letter=True,
        either=True,
    ),
    # ChannelA-DIMM0
    _Rule(re.compile(_CHANNEL)),
)
_ALONE = _Rule(re.compile(r"(?:^|[ ._-]|DIMM|SLOT)(?P<channel>[A-Z])[ _-]?(?P<number>[0-9]{1,2})$"))  # A1, DIMM_B2
_OF_SOCKET = _Rule(re.compile(_SOCKET))  # PROC 1 DIMM 1
_OF_NODE = _Rule(re.compile(_NODE))


def placed(dimms: Sequence[Dimm], processors: int | None) -> tuple[Dimm, ...]:
    """The slots with socket, node and channel as they state them, else as all their labels together tell.

    processors: how many are fitted, None when nobody knows. Stacked and CXL memory has no slot of a channel.
    """
    ours = [d for d in dimms if d.technology not in ("hbm", "cxl")]
    told = dict(zip(map(id, ours), _places(ours, processors), strict=True))
    own_channels, own_sockets = _sane([_stated(d) for d in ours]), any(d.socket for d in ours)
    return tuple(
        _with(d, told[id(d)], own_channels, own_sockets) if id(d) in told else d for d in dimms
    )  # fmt: skip


def _with(dimm: Dimm, place: Place, own_channels: bool, own_sockets: bool) -> Dimm:
    """A slot's own words come first, of all slots or of none: two ways to count are never mixed."""
    socket = dimm.socket if own_sockets else place.socket
    if own_channels:
        return replace(dimm, socket=socket)
    if own_sockets and place.socket and place.channel:
        socket = place.socket
    return replace(dimm, socket=socket, node=place.node, channel=place.channel)


def _stated(dimm: Dimm) -> Place:
    return Place(dimm.socket, dimm.node, dimm.channel)


def _places(dimms: Sequence[Dimm], processors: int | None) -> list[Place]:
    """By the rule that all labels obey; else by one that those of the fitted slots do, and nothing for the empty."""
    for wanted in (dimms, [d for d in dimms if d.size > 0]):
        for make in (_by_channel, _by_letter, _by_socket):
            if wanted and (found := make(wanted, processors)):
                known = dict(zip(map(id, wanted), found, strict=True))
                return [known.get(id(d), Place()) for d in dimms]
    return [Place()] * len(dimms)


Making = Callable[[Sequence[Dimm], "int | None"], "list[Place]"]


def _read(rule: _Rule, dimms: Sequence[Dimm]) -> list[Place]:
    """What the rule reads of every label; [] when one does not obey it."""
    found = [place for d in dimms if (place := rule.read(d.slot))]
    return found if len(found) == len(dimms) else []


def _by_channel(dimms: Sequence[Dimm], processors: int | None) -> list[Place]:
    for rule in _RULES:
        places = _turned(_read(rule, dimms)) if rule.either else _read(rule, dimms)
        if _sane(places) and not (rule.letter and _of_another_thing(places)):
            return _nodes_settled(places, dimms, processors)
    return []


def _turned(places: Sequence[Place]) -> list[Place]:
    """ "1A": slot 1 of channel A, or slot A of channel 1. A processor has more channels than a channel has slots; a
    board whose memory hangs at a bridge (no socket in the label) may have fewer."""
    letters, numbers = (_most(places, name) for name in ("channel", "number"))
    if letters < numbers and all(p.socket for p in places):
        return [replace(p, channel=p.number, number=str(ord(p.channel) - ord("A"))) for p in places]
    return list(places) if letters > numbers else []


def _most(places: Sequence[Place], name: str) -> int:
    """How many different ones one processor has at most."""
    told = {(p.socket, p.node, getattr(p, name)) for p in places}
    return max(Counter(above[:2] for above in told).values(), default=0)


def _sane(places: Sequence[Place]) -> bool:
    """Whether these can be channels: stated by all, none with more slots than one can have, no slot twice, and not one
    channel for all slots of a larger machine, as a BMC has it that fills the field with zeros."""
    if not places or not all(p.channel for p in places):
        return False
    slots = Counter((p.socket, p.node, p.channel) for p in places)
    numbered = [p for p in places if p.number]
    one = len(slots) == 1 and len(places) > 2
    return not one and max(slots.values()) <= _FULL and len(set(numbered)) == len(numbered)


def _of_another_thing(places: Sequence[Place]) -> bool:
    """A bare letter that never changes, that only repeats the socket, or whose numbers count too far is no channel."""
    letters = {p.channel for p in places}
    above = {(p.socket, p.node) for p in places}
    pairs = {(p.socket, p.node, p.channel) for p in places}
    repeats = len(above) > 1 and len(pairs) == len(above) == len(letters)
    return len(letters) < 2 or repeats or _deep(places)


def _deep(places: Sequence[Place]) -> bool:
    return max(int(p.number or 0) for p in places) >= _DEEP


def _nodes_settled(places: list[Place], dimms: Sequence[Dimm], processors: int | None) -> list[Place]:
    """A "node" of a label that names no socket is one where there are as many of them as processors, or where those
    that are too many are empty: then they belong to processors that are not fitted. One node of several processors is
    a chassis of a larger machine."""
    if any(p.socket or p.within != "NODE" for p in places) or not processors:
        return places
    if len({p.node for p in places}) < processors:
        return places
    used = {p.node for p, d in zip(places, dimms, strict=True) if d.size > 0}
    if len(used) > processors:
        return places
    return [replace(p, socket=p.node, node="") for p in places]


def _by_letter(dimms: Sequence[Dimm], processors: int | None) -> list[Place]:
    """ "A1" alone: of channel A where one processor has them all, of processor A where the numbers count too far for a
    channel or there are as many letters as processors; nothing where it could be either."""
    places = _read(_ALONE, dimms)
    letters = {p.channel for p in places}
    if not places or len(set(places)) < len(places) or _of_a_connector(letters):
        return []
    if _deep(places) or (processors is not None and len(letters) == processors > 1):
        return [Place(socket=p.channel) for p in places]
    used = {p.channel for p, d in zip(places, dimms, strict=True) if d.size > 0}
    # Half of the channels bare: they may be those of a second processor that is not fitted.
    return places if processors == 1 < len(letters) < 2 * len(used) else []


def _of_a_connector(letters: set[str]) -> bool:
    """One letter for all of them that does not begin the alphabet is of a connector on the board ("DIMM000 J11")."""
    return len(letters) == 1 and letters != {"A"}


def _by_socket(dimms: Sequence[Dimm], processors: int | None) -> list[Place]:
    places = [replace(p, number="") for p in _read(_OF_SOCKET, dimms)]
    nodes = _read(_OF_NODE, dimms)
    return places or (_nodes_settled(nodes, dimms, processors) if nodes else [])
