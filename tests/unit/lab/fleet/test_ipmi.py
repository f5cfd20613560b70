"""The IPMI port as a scan sees it."""

from __future__ import annotations

import socket

import pytest

from metalctl.bmc.ipmi.ping import AUTH_CAPABILITIES, PRESENCE_PING, Answer, parse
from metalctl.lab.fleet.ipmi import reply

PORT = 16230


def test_our_own_scanner_takes_the_answers_for_an_ipmi_2_bmc():
    assert parse(reply(PRESENCE_PING)) == Answer("")
    assert parse(reply(AUTH_CAPABILITIES)) == Answer("2.0")


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
    fleet = start(count=3, ipmi_port=PORT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.3)
        answered = set()
        for last in range(1, 6):
            asking.sendto(AUTH_CAPABILITIES, (f"127.78.0.{last}", PORT))
        try:
            while True:
                data, (address, _) = asking.recvfrom(1024)
                assert parse(data)
                answered.add(address)
        except TimeoutError:
            pass
    assert answered == {"127.78.0.1", "127.78.0.2", "127.78.0.3"}
    assert fleet.fleet.statistics.ipmi == 3
