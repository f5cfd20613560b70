"""What takes many requests: FRU inventory, sensor data records, event log. Over anything that sends one request.

A BMC may answer anything: every walk is bounded in requests and bytes, and a record that leads back is an error. Who
refuses an amount is asked for less of it. What is refused for good costs that FRU or record, which is told (`Lost`).
"""

from __future__ import annotations

from collections.abc import Callable

from metalctl.bmc.ipmi import fru
from metalctl.bmc.ipmi.errors import RESERVATION_LOST, TOO_LONG, CompletionCode, Lost
from metalctl.bmc.ipmi.patience import STORAGE, Raw

SENSOR_EVENT = 0x04
MOST_RECORDS = 4096
MOST_FRU = 64 * 1024
LAST = 0xFFFF
CHUNK = 32
HEAD = 5
EVENT = 16
MOST_LOST = 16  # records that may be refused before the rest is not asked for
GAP = 8  # record numbers that are tried beyond one that does not tell which follows it
_ABSENT = 0xCB
_TRIES = 6


def read_fru(raw: Raw, fru_id: int) -> bytes:
    """The bytes of one FRU inventory, as far as its areas reach. Raises Lost for one that is there and refuses."""
    info = answered(raw(STORAGE, 0x10, bytes((fru_id,))), 3)
    size, in_words = min(_word(info), MOST_FRU), info[2] & 1

    def piece(at: int, count: int) -> bytes:
        at, count = at >> in_words, max(1, count >> in_words)
        return answered(raw(STORAGE, 0x11, bytes((fru_id, at & 0xFF, at >> 8, count))), 1)[1:]

    found = bytearray()
    try:
        _pieces(piece, lambda told: min(size, fru.extent(told)), CHUNK, found)
    except CompletionCode as refused:
        if len(found) < fru.HEADER:
            raise Lost(refused, f"FRU {fru_id} of {size} bytes") from None
    return bytes(found[:size])  # of an area that is refused, or shorter than it says, the parser tells


def _pieces(
    piece: Callable[[int, int], bytes], reach: Callable[[bytes], int], step: int, found: bytearray | None = None
) -> bytes:
    """Bytes up to the `reach` of what was found, by `piece(at, count)`; a BMC that finds them too long gets shorter.

    found: gets them, as far as they came before one was refused.
    """
    found = bytearray() if found is None else found
    while len(found) < (wanted := reach(bytes(found))):
        count = min(step, wanted - len(found))
        try:
            part = piece(len(found), count)
        except CompletionCode as refused:
            if refused.code not in TOO_LONG or count <= 1:
                raise
            step = count // 2
            continue
        if not part:
            break
        found += part
    return bytes(found)


def read_sdr(raw: Raw, lost: list[Lost] | None = None) -> list[bytes]:
    """Every sensor data record, of the repository, or of the device when there is none. lost: gets those refused."""
    try:
        found = _Records(raw, STORAGE, 0x23).all(0, lost)
    except CompletionCode as refused:
        if not refused.unsupported:
            raise
        return _Records(raw, SENSOR_EVENT, 0x21).all(0, lost)
    if lost is not None:
        lost += missed(len(found) + len(lost), stated(raw), "SDR repository")
    return found


def missed(told: int, count: int, where: str) -> list[Lost]:
    """What is said where fewer records were told than there are."""
    return [Lost(CompletionCode(0, f"{told} of the {count} records were returned"), where)] if told < count else []


def stated(raw: Raw) -> int:
    """How many records the repository says that it holds; 0 when it does not say."""
    try:
        count = _word(answered(raw(STORAGE, 0x20, b""), 3)[1:])
    except CompletionCode:
        return 0
    return 0 if count == 0xFFFF else count


class _Records:
    """The sensor data records of one repository, each read whole or in parts, under a reservation."""

    what, most = "sensor data record", MOST_RECORDS

    def __init__(self, raw: Raw, netfn: int, get: int, reservation: bytes | None = None) -> None:
        self._raw, self._netfn, self._get = raw, netfn, get
        self._whole, self._following = True, LAST
        self._seen, self._gap = set[int](), 0
        self._reservation = self._reserved() if reservation is None else reservation

    def all(self, number: int, lost: list[Lost] | None) -> list[bytes]:
        """Every record from `number` on. lost: gets those that are refused; None to raise for the first of them.

        The next one is the one that a record names, or, where it does not tell, is searched.
        """
        found: list[bytes] = []
        self._seen, self._gap = set(), 0
        while number < LAST and len(self._seen) < self.most and not self._is_over(number, lost):
            self._seen.add(number)
            try:
                number, record = self.one(number)
            except CompletionCode as refused:
                if lost is None or (refused.unsupported and len(self._seen) == 1):
                    raise
                number = self._after(number, refused, lost)
            else:
                found.append(record)
                self._gap = 0
        return found

    def _is_over(self, number: int, lost: list[Lost] | None) -> bool:
        """Whether no more is asked for, which is told."""
        back = number in self._seen
        if back and not self._gap:
            raise CompletionCode(0, f"{self.what} {number:04x}h leads back to itself")
        over = back or self._gap > GAP or len(lost or ()) >= MOST_LOST
        if over and lost is not None:
            lost.append(Lost(CompletionCode(0, "not asked for"), f"{self.what}s from {number:04x}h on"))
        return over

    def _after(self, number: int, refused: CompletionCode, lost: list[Lost]) -> int:
        """The number after one that was refused."""
        told = refused if isinstance(refused, Lost) else Lost(refused, f"{self.what} {number:04x}h")
        if not self._gap or refused.code != _ABSENT:  # a number that was only guessed may be none
            lost.append(told)
        self._gap = self._gap + 1 if told.following is None else 0
        return number + 1 if told.following is None else told.following

    def one(self, number: int) -> tuple[int, bytes]:
        """The number that follows, and the record."""
        for _ in range(_TRIES - 1):
            try:
                return self._read(number)
            except CompletionCode as refused:
                if refused.code != RESERVATION_LOST:
                    raise
            self._reservation = self._reserved()
        return self._read(number)

    def _read(self, number: int) -> tuple[int, bytes]:
        if self._whole:
            try:
                record = self._part(number, 0, 0xFF)
                return self._following, record
            except CompletionCode as refused:
                if refused.code == RESERVATION_LOST:
                    raise
                self._whole = refused.code not in TOO_LONG  # its head may be told all the same, and what follows it
        return self._in_parts(number)

    def _in_parts(self, number: int) -> tuple[int, bytes]:
        head = b""
        try:
            head = self._pieces(number, 0, HEAD)
            size = head[4] if len(head) == HEAD else 0
            following = self._following
            return following, head + self._pieces(number, HEAD, size)
        except CompletionCode as refused:
            if len(head) < HEAD:
                raise
            raise Lost(refused, f"sensor data record {_word(head):04x}h", head[3], self._following) from None

    def _pieces(self, number: int, begin: int, size: int) -> bytes:
        return _pieces(lambda at, n: self._part(number, begin + at, n), lambda found: size, 16)[:size]

    def _part(self, number: int, at: int, count: int) -> bytes:
        request = self._reservation + number.to_bytes(2, "little") + bytes((at, count))
        answer = answered(self._raw(self._netfn, self._get, request), 2)
        self._following = _word(answer)
        return answer[2:]

    def _reserved(self, reserve: int = 0x22) -> bytes:
        try:
            return answered(self._raw(self._netfn, reserve, b""), 2)[:2]
        except CompletionCode as refused:
            if refused.unsupported:  # a simple device does without reservations
                return b"\0\0"
            raise


class _Events(_Records):
    """The event log, the same way: 16 bytes a record, and a reservation only where one is wanted (31.4, 31.5)."""

    what, most = "event log record", MOST_RECORDS * 4

    def _in_parts(self, number: int) -> tuple[int, bytes]:
        record = self._pieces(number, 0, EVENT)
        return self._following, record

    def _reserved(self, reserve: int = 0x42) -> bytes:
        return super()._reserved(reserve)

    def one(self, number: int) -> tuple[int, bytes]:
        following, record = super().one(number)
        return following, answered(record, EVENT)[:EVENT]


def read_sel(raw: Raw, most: int, lost: list[Lost] | None = None) -> list[bytes]:
    """The newest `most` records of the event log, oldest first. lost: gets those refused."""
    count = sel_count(raw)
    try:
        return _newest(_Events(raw, STORAGE, 0x43, bytes(2)), count, most, lost) if count else []
    except CompletionCode as refused:
        raise Lost(refused, f"event log of {count} records") from None


def _newest(events: _Events, count: int, most: int, lost: list[Lost] | None) -> list[bytes]:
    if count > most:
        _, newest = events.one(LAST)
        begin = _word(newest) - most + 1
        if begin > 0:
            try:
                return events.all(begin, None)[-most:]
            except CompletionCode:
                pass  # the numbers have gaps: from the beginning then
    return events.all(0, lost)[-most:]


def sel_count(raw: Raw) -> int:
    """How many records the event log holds."""
    return _word(answered(raw(STORAGE, 0x40, b""), 3)[1:])


def answered(data: bytes, least: int) -> bytes:
    """The data, when there is as much as the command promises."""
    if len(data) < least:
        raise CompletionCode(0, f"an answer of {len(data)} bytes where {least} were due")
    return data


def _word(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")
