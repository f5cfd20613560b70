"""What takes many requests: FRU inventory, sensor data records, event log. Over anything that sends one request.

A BMC may answer anything: every walk is bounded in requests and bytes, and a record that leads back is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from metalctl.bmc.ipmi import fru
from metalctl.bmc.ipmi.errors import Refused

STORAGE, SENSOR_EVENT = 0x0A, 0x04
RESERVATION_LOST = 0xC5
TOO_LONG = (0xC7, 0xC8, 0xCA, 0xCE, 0xFF)
MOST_RECORDS = 4096
MOST_FRU = 64 * 1024
LAST = 0xFFFF
CHUNK = 32
_TRIES = 6

Raw = Callable[[int, int, bytes], bytes]  # network function, command, data → data after the completion code


def read_fru(raw: Raw, fru_id: int) -> bytes:
    """The bytes of one FRU inventory, as far as its areas reach."""
    info = answered(raw(STORAGE, 0x10, bytes((fru_id,))), 3)
    size, in_words = min(_word(info), MOST_FRU), info[2] & 1

    def piece(at: int, count: int) -> bytes:
        at, count = at >> in_words, max(1, count >> in_words)
        return answered(raw(STORAGE, 0x11, bytes((fru_id, at & 0xFF, at >> 8, count))), 1)[1:]

    return _pieces(piece, lambda found: min(size, fru.extent(found)), CHUNK)[:size]


def _pieces(piece: Callable[[int, int], bytes], reach: Callable[[bytes], int], step: int) -> bytes:
    """Bytes up to the `reach` of what was found, by `piece(at, count)`; a BMC that finds them too long gets shorter."""
    found = b""
    while len(found) < (wanted := reach(found)):
        try:
            part = piece(len(found), min(step, wanted - len(found)))
        except Refused as refused:
            if refused.code not in TOO_LONG or step <= 4:
                raise
            step //= 2
            continue
        if not part:
            break
        found += part
    return found


def read_sdr(raw: Raw) -> list[bytes]:
    """Every sensor data record, of the repository, or of the device when there is none."""
    try:
        return list(_records(raw, STORAGE, 0x23, 0x22))
    except Refused as refused:
        if not refused.unsupported:
            raise
    return list(_records(raw, SENSOR_EVENT, 0x21, 0x22))


def _records(raw: Raw, netfn: int, get: int, reserve: int) -> Iterator[bytes]:
    reservation, record_id, seen = _reserved(raw, netfn, reserve), 0, set[int]()
    whole = True
    while record_id != LAST and len(seen) < MOST_RECORDS:
        if record_id in seen:
            raise Refused(0, f"sensor data record {record_id:04x}h leads back to itself")
        seen.add(record_id)
        for left in range(_TRIES, 0, -1):
            try:
                head, size = (record_id, 0xFF) if whole else (record_id, 5)
                answer = _part(raw, (netfn, get), reservation, head, 0, size)
                following, record = _word(answer), answer[2:]
                if not whole and len(record) == 5:
                    record += _rest(raw, (netfn, get), reservation, record_id, record[4])
                break
            except Refused as refused:
                if refused.code == RESERVATION_LOST and left > 1:
                    reservation = _reserved(raw, netfn, reserve)
                elif whole and refused.code in TOO_LONG:
                    whole = False
                else:
                    raise
        yield record
        record_id = following


def _rest(raw: Raw, command: tuple[int, int], reservation: bytes, record_id: int, size: int) -> bytes:
    def piece(at: int, count: int) -> bytes:
        return _part(raw, command, reservation, record_id, 5 + at, count)[2:]

    return _pieces(piece, lambda found: size, 16)[:size]


def _part(raw: Raw, command: tuple[int, int], reservation: bytes, record_id: int, at: int, count: int) -> bytes:
    request = reservation + record_id.to_bytes(2, "little") + bytes((at, count))
    return answered(raw(*command, request), 2)


def _reserved(raw: Raw, netfn: int, command: int) -> bytes:
    try:
        return answered(raw(netfn, command, b""), 2)[:2]
    except Refused as refused:
        if refused.unsupported:  # a simple device does without reservations
            return b"\0\0"
        raise


def read_sel(raw: Raw, most: int) -> list[bytes]:
    """The newest `most` records of the event log, oldest first."""
    count = sel_count(raw)
    if not count:
        return []
    if count > most:
        _, newest = _entry(raw, LAST)
        begin = _word(newest) - most + 1
        if begin > 0:
            try:
                return _entries(raw, begin)[-most:]
            except Refused:
                pass  # the numbers have gaps: from the beginning then
    return _entries(raw, 0)[-most:]


def sel_count(raw: Raw) -> int:
    """How many records the event log holds."""
    return _word(answered(raw(STORAGE, 0x40, b""), 3)[1:])


def _entries(raw: Raw, record_id: int) -> list[bytes]:
    found: list[bytes] = []
    seen = set[int]()
    while record_id != LAST and len(found) < MOST_RECORDS * 4:
        if record_id in seen:
            raise Refused(0, f"event log record {record_id:04x}h leads back to itself")
        seen.add(record_id)
        record_id, record = _entry(raw, record_id)
        found.append(record)
    return found


def _entry(raw: Raw, record_id: int) -> tuple[int, bytes]:
    answer = answered(raw(STORAGE, 0x43, b"\0\0" + record_id.to_bytes(2, "little") + b"\0\xff"), 18)
    return _word(answer), answer[2:18]


def answered(data: bytes, least: int) -> bytes:
    """The data, when there is as much as the command promises."""
    if len(data) < least:
        raise Refused(0, f"an answer of {len(data)} bytes where {least} were due")
    return data


def _word(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")
