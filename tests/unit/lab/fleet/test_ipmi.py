"""The IPMI port as a scan sees it."""

from __future__ import annotations

import socket

import pytest

from metalctl.bmc.ipmi.ping import AUTH_CAPABILITIES, PRESENCE_PING, Presence, parse
from metalctl.lab.bmc.ipmi import reply

PORT = 16230
NETWORK = "127.78.3"  # nobody else's: the port is the same for all


def test_our_own_scanner_takes_the_answers_for_an_ipmi_2_bmc():
    assert parse(reply(PRESENCE_PING)) == Presence("")
    assert parse(reply(AUTH_CAPABILITIES)) == Presence("2.0")


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x06",
        b"\x05" + PRESENCE_PING[1:],
        PRESENCE_PING[:11],
        AUTH_CAPABILITIES[:-1],
        AUTH_CAPABILITIES[:-1] + b"\x00",
        AUTH_CAPABILITIES[:19] + b"\x01" + AUTH_CAPABILITIES[20:],
        bytes(200),
    ],
)
def test_what_is_neither_ping_nor_question_is_not_answered(datagram):
    assert reply(datagram) is None


def test_each_address_of_the_fleet_answers_and_the_next_one_does_not(start):
    fleet = start(count=3, ipmi_port=PORT, base=f"{NETWORK}.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(60)
        answered = set()
        # The neighbours first, and all of them twice: who answered the second time had time enough for the first.
        for last in (5, 4, 3, 2, 1) * 2:
            asking.sendto(AUTH_CAPABILITIES, (f"{NETWORK}.{last}", PORT))
        for _ in range(6):
            data, (address, _) = asking.recvfrom(1024)
            assert parse(data)
            answered.add(address)
        asking.setblocking(False)
        with pytest.raises(BlockingIOError):
            asking.recvfrom(1024)
    assert answered == {f"{NETWORK}.1", f"{NETWORK}.2", f"{NETWORK}.3"}
    assert fleet.fleet.statistics.ipmi == 6
