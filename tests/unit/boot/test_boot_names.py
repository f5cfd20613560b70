"""A boot file name or URL has to fit into a DHCP answer: dnsmasq cuts it in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metalctl.boot.errors import BootError
from metalctl.boot.render import dnsmasq_config
from metalctl.boot.settings import BootSettings, Host

BASE = "http://172.31.0.1:8080"


@pytest.fixture
def settings(tmp_path: Path) -> BootSettings:
    return BootSettings("br0", "172.31.0.1", "172.31.0.0/24", tmp_path)


@pytest.mark.truth("D5", "a boot URL that dnsmasq would cut in silence is refused")
@pytest.mark.parametrize("mode", ["authoritative", "proxy"])
@pytest.mark.parametrize(("field", "rest"), [("uefi_loader", len(f"{BASE}/files/loader/")), ("bios_loader", 0)])
def test_a_boot_file_that_does_not_fit_into_dhcp_is_refused_by_the_settings(
    settings: BootSettings, mode: str, field: str, rest: int
) -> None:
    longest: dict[str, str] = {field: "l" * (127 - rest)}
    assert getattr(replace(settings, dhcp=mode, **longest), field) == longest[field]  # type: ignore[arg-type]
    with pytest.raises(
        BootError, match=f"{field}: the boot file name .* has 128 characters, a DHCP answer carries 127"
    ):
        replace(settings, dhcp=mode, **{field: "l" * (128 - rest)})  # type: ignore[arg-type]


@pytest.mark.truth("D5", "a boot URL that dnsmasq would cut in silence is refused")
@pytest.mark.parametrize("line", ["dhcp-boot=tag:ipxe,", 'pxe-service=tag:ipxe,7,"x",'])
def test_a_boot_url_of_a_site_that_does_not_fit_into_dhcp_is_refused(
    settings: BootSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    site = tmp_path / "site" / "pxe" / "dnsmasq"
    site.mkdir(parents=True)
    monkeypatch.setenv("METALCTL_CONTENT", str(tmp_path / "site"))
    for length, refused in ((127, False), (128, True)):
        url = f"http://boot.example/{'q' * (length - 20)}"
        assert len(url) == length
        (site / "authoritative.conf.j2").write_text(f"{line}{url}\n")
        if refused:
            with pytest.raises(BootError, match="128 characters"):
                dnsmasq_config(settings, BASE)
        else:
            assert url in dnsmasq_config(settings, BASE)


@pytest.mark.truth("D5", "an address that dnsmasq would never give, in silence, is refused")
@pytest.mark.parametrize("field", ["first", "last", "router"])
def test_an_address_outside_of_the_network_is_refused_by_the_settings(settings: BootSettings, field: str) -> None:
    with pytest.raises(BootError, match=r"10\.9\.8\.7 is not in "):
        replace(settings, **{field: "10.9.8.7"})  # type: ignore[arg-type]
    with pytest.raises(BootError, match=r"10\.9\.8\.7 is not in "):
        replace(settings, hosts=(Host(("52:54:00:00:00:07",), "10.9.8.7"),))
