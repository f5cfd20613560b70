"""How a service is set up: which network it boots nodes on, where it keeps things, what it hands over to.

Read from a YAML file (`--config`, else `$METALCTL_CONFIG`, else /etc/metalctl/metalctl.yaml when there is one):

    boot:
      interface: br0            # where DHCP and HTTP are served
      address: 172.31.0.1       # our address there
      network: 172.31.0.0/24
      dhcp: authoritative       # authoritative | proxy | off
      http_port: 8080
      at_once: 8                # nodes that may be booting at the same time
      ping: true                # look whether an address is in use before it is given out
      patience: 20 min          # a node that was powered on and does not call is power-cycled, three times at most
      silence: 6 min            # so is one that asked for its boot script and was not seen again for so long
    handover: [kolla, cephadm]
    ironic: {url: http://127.0.0.1:6385}
    web: {host: 127.0.0.1, port: 8780}
    bmc: {ca: /etc/metalctl/bmc-ca.pem}   # who signs the BMCs' certificates; without it they are pinned on first use
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as strict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from metalctl.boot.errors import BootError
from metalctl.boot.settings import BootSettings
from metalctl.engine.errors import EngineError
from metalctl.engine.state import StateDir, default_cache_dir, default_state_dir
from metalctl.model.errors import UsageError
from metalctl.model.units import UnitError, parse_duration

SYSTEM_CONFIG = Path("/etc/metalctl/metalctl.yaml")
_FORBID = ConfigDict(extra="forbid")


def _seconds(value: Any) -> float:
    """A time as people write it, longer than none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"expected a time such as 6 min, got {value!r}")
    try:
        seconds = parse_duration(value)
    except UnitError as error:
        raise ValueError(f"{error.message}: {error.hint}") from error
    if seconds <= 0:
        raise ValueError(f"expected a time such as 6 min, got {value!r}")
    return seconds


Seconds = Annotated[float, BeforeValidator(_seconds)]


@strict(config=_FORBID, frozen=True)
class Boot:
    """The boot network. dhcp_range: first and last address given out, by default the upper half of `network`.

    patience, silence: seconds after which a boot is given up and the node power-cycled: after power-on, and after the
    boot network last saw it. POST may take long, but once a node has asked for its boot script only a kernel start and
    two downloads are left: one that then falls silent hangs, or its download died.
    """

    interface: str = ""
    address: str = ""
    network: str = ""
    dhcp: str = "authoritative"
    dhcp_range: tuple[str, str] | None = None
    http_port: int = 8080
    at_once: int = 8
    ping: bool = True
    patience: Seconds = 20 * 60.0
    silence: Seconds = 6 * 60.0

    @property
    def complete(self) -> bool:
        """Whether a boot network is set up at all."""
        return bool(self.interface and self.address and self.network)


@strict(config=_FORBID, frozen=True)
class Ironic:
    """Where Ironic's API is. bmc_verify: whether Ironic verifies BMC certificates; true, false, or a CA file there."""

    url: str = ""
    bmc_verify: bool | str = True


@strict(config=_FORBID, frozen=True)
class Web:
    """Where the pages are served; loopback unless said otherwise."""

    host: str = "127.0.0.1"
    port: int = 8780


@strict(config=_FORBID, frozen=True)
class Bmcs:
    """How BMCs are spoken to. ca: PEM file of the CAs that sign their certificates, "" to pin these on first use."""

    ca: str = ""


@strict(config=_FORBID, frozen=True)
class _File:
    boot: Boot = field(default_factory=Boot)
    handover: tuple[str, ...] = ("kolla", "cephadm")
    ironic: Ironic = field(default_factory=Ironic)
    web: Web = field(default_factory=Web)
    bmc: Bmcs = field(default_factory=Bmcs)
    state: str = ""
    cache: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a service needs to know."""

    state: StateDir
    cache: Path
    boot: Boot = field(default_factory=Boot)
    handover: tuple[str, ...] = ()
    ironic: Ironic = field(default_factory=Ironic)
    web: Web = field(default_factory=Web)
    bmc: Bmcs = field(default_factory=Bmcs)


def load(config: Path | None = None, state_dir: Path | None = None) -> Settings:
    """The settings of a file, or the defaults; UsageError names the file and the field."""
    path = config or _default_file()
    data = _parse(path) if path else _File()
    folder = state_dir or (Path(data.state) if data.state else default_state_dir())
    state = StateDir(folder, _database(data.database))
    cache = Path(data.cache) if data.cache else default_cache_dir()
    if data.boot.complete:
        try:
            boot_network(data.boot, state)
        except BootError as error:
            raise UsageError(f"{path}: boot: {error.message}", hint=error.hint) from error
    return Settings(state, cache, data.boot, data.handover, data.ironic, data.web, data.bmc)


def _database(url: str) -> str:
    """The URL of a PostgreSQL database with its driver named, "" for SQLite; UsageError says what is wrong with it."""
    if not url:
        return ""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError(f"database: {url!r} is no URL", hint="postgresql://metalctl@db.example/metalctl") from error
    if parsed.get_backend_name() != "postgresql":
        raise UsageError(f"database: {parsed.get_backend_name()} is not known", hint="postgresql://, or leave it out")
    if parsed.password:
        raise UsageError(
            "database: a password does not belong in the settings",
            hint="write it into ~/.pgpass of the service's user, or use a socket",
        )
    return parsed.set(drivername="postgresql+psycopg").render_as_string()


def _default_file() -> Path | None:
    if chosen := os.environ.get("METALCTL_CONFIG"):
        return Path(chosen)
    return SYSTEM_CONFIG if SYSTEM_CONFIG.exists() else None


def _parse(path: Path) -> _File:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data: Any = YAML(typ="safe").load(path.read_text())
        return TypeAdapter(_File).validate_python(data or {})
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="name the settings file with --config") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: it is not UTF-8 text", hint="see docs/settings.md for what it looks like") from error
    except YAMLError as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}", hint="it is not valid YAML") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise UsageError(f"{path}: {'; '.join(lines)}", hint="see docs/settings.md for the fields") from error


def require_boot(settings: Settings) -> Boot:
    """The boot network; EngineError when none is set up."""
    boot = settings.boot
    if not boot.complete:
        raise EngineError(
            "no boot network is set up: boot.interface, boot.address and boot.network are needed",
            hint=f"write them into {SYSTEM_CONFIG} or name a settings file with --config",
        )
    return boot


def boot_network(boot: Boot, state: StateDir) -> BootSettings:
    """The same as the boot service wants it; BootError for what makes no sense there, or does not fit into DHCP."""
    first, last = boot.dhcp_range or ("", "")
    return BootSettings(
        interface=boot.interface,
        address=boot.address,
        network=boot.network,
        state_dir=state.boot,
        http_port=boot.http_port,
        dhcp=boot.dhcp,
        first=first,
        last=last,
        ping=boot.ping,
    )
