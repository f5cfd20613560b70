"""The same computations on each core in turn, compared with each other: a core that computes wrong says so to nobody.

Cores are compared by majority, and each with itself; a computation whose right answer is published is also compared
with that. Everything is done by the libraries' native code, which takes the vector and AES instructions that there are.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from metalctl.node.errors import ToolFailed

Computation = Callable[[bytes], bytes]
# Different in every round and the same on every core.
_SIZE = 1 << 18
# FIPS 180-4, of "abc".
_KNOWN = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A core whose result differs."""

    core: int
    what: str
    round: int

    def __str__(self) -> str:
        return f"core {self.core} computes {self.what} wrong (round {self.round})"


@dataclass(frozen=True, slots=True)
class Compared:
    """cores: how many; rounds: of each; wrong: which failed, in what; aes: how AES was computed, or why not."""

    cores: int
    rounds: int
    wrong: tuple[Wrong, ...]
    names: tuple[str, ...]
    aes: str


def compare(seconds: float, least: int = 2, computations: dict[str, Computation] | None = None) -> Compared:
    """Round after round over all cores that may be used, for so many seconds and at least so many rounds."""
    cores = sorted(os.sched_getaffinity(0))
    aes, why = _aes()
    wanted = dict(computations or COMPUTATIONS) | ({"AES": aes} if aes and computations is None else {})
    wrong: list[Wrong] = []
    end, number = time.monotonic() + seconds, 0
    try:
        while number < least or time.monotonic() < end:
            number += 1
            wrong += _round(number, cores, wanted)
    finally:
        os.sched_setaffinity(0, cores)
    return Compared(len(cores), number, tuple(_first_of_each(wrong)), tuple(wanted), why)


def _round(number: int, cores: Iterable[int], computations: dict[str, Computation]) -> list[Wrong]:
    data = _data(number)
    answers: dict[str, dict[int, bytes]] = defaultdict(dict)
    wrong = []
    for core in cores:
        _pin(core)
        if hashlib.sha256(b"abc").hexdigest() != _KNOWN:
            wrong.append(Wrong(core, "SHA-256 of a published vector", number))
        for name, compute in computations.items():
            answers[name][core] = compute(data)
    for name, by_core in answers.items():
        right, times = Counter(by_core.values()).most_common(1)[0]
        if times * 2 <= len(by_core) and len(set(by_core.values())) > 1:
            # No majority: who is right cannot be told, that somebody is wrong can.
            wrong += [Wrong(core, f"{name} (the cores disagree, none has a majority)", number) for core in by_core]
        else:
            wrong += [Wrong(core, name, number) for core, answer in by_core.items() if answer != right]
    return wrong


def _pin(core: int) -> None:
    try:
        os.sched_setaffinity(0, {core})
    except OSError as error:
        raise ToolFailed(f"core {core} cannot be used: {error}", hint="see whether it is online: lscpu -e") from error


def _first_of_each(wrong: Iterable[Wrong]) -> list[Wrong]:
    found: dict[tuple[int, str], Wrong] = {}
    for one in wrong:
        found.setdefault((one.core, one.what), one)
    return list(found.values())


def _data(number: int) -> bytes:
    """Bytes of which a part can be compressed."""
    block = hashlib.sha512(struct.pack("<q", number)).digest()
    return b"".join(bytes(b ^ (i & 0xFF) for b in block) + block for i in range(_SIZE // 128))


def _compressed(data: bytes) -> bytes:
    packed = zlib.compress(data, 6)
    return hashlib.sha256(packed).digest() + hashlib.sha256(zlib.decompress(packed)).digest()


def _integers(data: bytes) -> bytes:
    a, b = int.from_bytes(data[:4096], "big"), int.from_bytes(data[4096:8192], "big") | 1
    return hashlib.sha256((pow(a, 65537, b) ^ a * b).to_bytes(8192, "big")).digest()


def _floats(data: bytes) -> bytes:
    """Multiply and add, divide, root: IEEE 754 gives every core the same bits."""
    total, values = 1.0, struct.unpack(f"<{len(data) // 8 // 8}q", data[: len(data) // 8 // 8 * 8])
    for value in values:
        x = 1.0 + (value & 0xFFFFFFFF) / 4294967296.0
        total = (total * x + x / (total + 1.0)) ** 0.5
    return struct.pack("<d", total)


COMPUTATIONS: dict[str, Computation] = {
    "SHA-256": lambda data: hashlib.sha256(data).digest(),
    "SHA-512": lambda data: hashlib.sha512(data).digest(),
    "CRC-32": lambda data: struct.pack("<I", zlib.crc32(data)),
    "compression": _compressed,
    "integers": _integers,
    "floating point": _floats,
}


def _aes() -> tuple[Computation | None, str]:
    """(AES by the kernel, by what driver or why not)."""
    try:
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0) as trial:
            trial.bind(("skcipher", "cbc(aes)"))
    except (OSError, AttributeError) as error:
        return None, f"not computed: {error}"
    return _encrypted, "by the kernel (AF_ALG)"


def _encrypted(data: bytes) -> bytes:
    with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET, 0) as cipher:
        cipher.bind(("skcipher", "cbc(aes)"))
        cipher.setsockopt(socket.SOL_ALG, socket.ALG_SET_KEY, data[:32])
        operation, _ = cipher.accept()
        with operation:
            digest = hashlib.sha256()
            for at in range(0, 1 << 16, 4096):
                operation.sendmsg_afalg([data[at : at + 4096]], op=socket.ALG_OP_ENCRYPT, iv=data[32:48])
                digest.update(operation.recv(4096))
            return digest.digest()
