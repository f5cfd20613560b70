"""Templates of pxe/ to text. A name that a template misses is an error, not an empty word."""

from __future__ import annotations

import functools
import pwd
from collections.abc import Iterator

import jinja2

from metalctl.boot.settings import BootSettings, require_short
from metalctl.content import paths


@functools.cache
def _templates(folder: str, roots: tuple[str, ...]) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(roots),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML; values are checked where they come in
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(folder: str, name: str, **values: object) -> str:
    """The template `folder/name` (such as "pxe/ipxe", "local.ipxe.j2"), a site's own one first."""
    paths.find(f"{folder}/{name}")
    roots = tuple(str(path) for path in paths.find_all(folder))
    return _templates(folder, roots).get_template(name).render(**values)


def dnsmasq_config(settings: BootSettings, base_url: str) -> str:
    """The configuration of dnsmasq in the mode of `settings`; `base_url` is that of the HTTP boot service.

    Raises BootError for a boot file name or URL, a site's own one too, that dnsmasq would cut in silence.
    """
    first, last = settings.pool
    text = render(
        "pxe/dnsmasq",
        f"{settings.dhcp}.conf.j2",
        interface=settings.interface,
        state_dir=settings.state_dir.absolute(),
        user=_unprivileged(),
        loaders=settings.loaders,
        first=first,
        last=last,
        network_address=settings.net.network_address,
        netmask=settings.net.netmask,
        lease=settings.lease,
        router=settings.router,
        ping=settings.ping,
        hosts=settings.hosts,
        bios_loader=settings.bios_loader,
        uefi_loader=settings.uefi_loader,
        script_url=f"{base_url}/ipxe",
        loader_url=settings.loader_url(base_url),
    )
    for option, name in _boot_files(text):
        require_short(option, name)
    return text


def _boot_files(text: str) -> Iterator[tuple[str, str]]:
    """(option, word) of every line that names boot files; tags, menu entries and addresses are shorter words."""
    for line in text.splitlines():
        option, _, words = line.strip().partition("=")
        if option in ("dhcp-boot", "pxe-service"):
            yield from ((option, word) for word in words.split(","))


def _unprivileged() -> str:
    """Whom dnsmasq becomes once its ports are open."""
    for name in ("dnsmasq", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return ""
