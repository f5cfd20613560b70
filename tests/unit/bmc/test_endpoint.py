"""Addresses of BMCs: what is accepted, what is refused, and that no password is repeated."""

from __future__ import annotations

import pytest

from metalctl.bmc import Credential, Endpoint, parse_endpoint
from metalctl.bmc.credentials import lockout
from metalctl.bmc.errors import BadEndpoint, WrongPassword


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://10.0.0.5", Endpoint("10.0.0.5")),
        ("https://10.0.0.5:443/", Endpoint("10.0.0.5")),
        ("https://10.0.0.5:8443", Endpoint("10.0.0.5", port=8443)),
        ("redfish://BMC7.example.net", Endpoint("bmc7.example.net")),
        ("10.0.0.5", Endpoint("10.0.0.5")),
        ("10.0.0.5:8000", Endpoint("10.0.0.5", port=8000)),
        ("ipmi://10.0.0.5", Endpoint("10.0.0.5", "ipmi")),
        ("ipmi://10.0.0.5:6230", Endpoint("10.0.0.5", "ipmi", 6230)),
        ("https://[2001:db8::5]:8443", Endpoint("2001:db8::5", port=8443)),
        ("2001:db8::5", Endpoint("2001:db8::5")),
        ("https://10.0.0.5?system=blade-2", Endpoint("10.0.0.5", system="blade-2")),
        ("https://10.0.0.5/redfish/v1/Systems/blade-2", Endpoint("10.0.0.5", system="blade-2")),
    ],
)
def test_an_address_is_read(text: str, expected: Endpoint) -> None:
    assert parse_endpoint(text) == expected
    assert parse_endpoint(str(expected)) == expected, "what is printed can be given again"


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.300", "10.0.0", "https://", "ftp://10.0.0.5", "https://10.0.0.5:0x", "https://10.0.0.5:99999",
     "a b", "-x", "https://10.0.0.5/other", "https://10.0.0.5?user=x", "http://10.0.0.5"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadEndpoint) as caught:
        parse_endpoint(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", [f"{where}root:hunter2@10.0.0.5" for where in ("https://", "ftp://", "ipmi://", "")])
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadEndpoint) as caught:
        parse_endpoint(text)
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_credential_never_shows_its_password() -> None:
    credential = Credential("admin", "hunter2")
    assert "hunter2" not in f"{credential} {credential!r} {[credential]}"


def test_a_refusal_counts_for_one_port_user_and_password_only() -> None:
    here, wrong = Endpoint("192.0.2.1", port=8443), Credential("admin", "hunter2")
    lockout.forget()
    lockout.refused(here, wrong, "HTTP 401")
    for endpoint, credential in (
        (Endpoint("192.0.2.1", port=8444), wrong),
        (Endpoint("192.0.2.2", port=8443), wrong),
        (here, Credential("admin", "other")),
        (here, Credential("root", "hunter2")),
    ):
        lockout.check(endpoint, credential)
    with pytest.raises(WrongPassword, match="not tried again"):
        lockout.check(here, wrong)
    with pytest.raises(WrongPassword):
        lockout.check(Endpoint("192.0.2.1", port=8443, system="2", fingerprint="ab"), wrong)
    lockout.forget()
