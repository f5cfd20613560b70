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
    # ca: who signs the BMCs' certificates (PEM), else they are pinned; every: how often power and health are read
    bmc: {ca: /etc/metalctl/bmc-ca.pem, every: 10 min}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass as strict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from metalctl.boot.errors import BootError
from metalctl.boot.settings import BootSettings
from metalctl.content.errors import Mistakes
from metalctl.content.suggest import suggest
from metalctl.engine.errors import EngineError
from metalctl.engine.state import SYSTEM_CONFIG, StateDir, default_cache_dir, default_state_dir, settings_file
from metalctl.model.units import UnitError, parse_duration

if TYPE_CHECKING:
    from metalctl.handover import Settings as HandoverSettings

_FORBID = ConfigDict(extra="forbid")


class SettingsMistakes(EngineError, Mistakes):
    """Settings that cannot be used: every mistake; nothing was started."""


def _seconds(value: Any) -> float:
    """A time as people write it, longer than none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"expected a time such as 6 min, got {value!r}")
    try:
        seconds = parse_duration(value)
    except UnitError as error:
        raise ValueError(error.message, error.hint) from error
    if seconds <= 0:
        raise ValueError(f"expected a time such as 6 min, got {value!r}")
    return seconds


def _target(name: str) -> str:
    """The name of a handover target that there is."""
    from metalctl.handover import targets

    if name not in targets():
        raise ValueError(f"no handover target is called {name!r}", suggest(name, targets()))
    return name


def _database(url: str) -> str:
    """The URL of a PostgreSQL database with its driver named, "" for SQLite."""
    if not url:
        return ""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"{url!r} is not a URL", "postgresql://metalctl@db.example/metalctl") from error
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"{parsed.get_backend_name()} is not known", "postgresql://, or leave it out")
    if parsed.password:
        hint = "write it into ~/.pgpass of the service's user, or use a socket"
        raise ValueError("a password does not belong in the settings", hint)
    return parsed.set(drivername="postgresql+psycopg").render_as_string()


Seconds = Annotated[float, BeforeValidator(_seconds)]
Target = Annotated[str, AfterValidator(_target)]
Database = Annotated[str, AfterValidator(_database)]


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
    """How BMCs are spoken to. ca: PEM file of the CAs that sign their certificates, "" to pin these on first use.

    every: seconds between two rounds in which the service reads the power and health of every node's BMC.
    """

    ca: str = ""
    every: Seconds = 10 * 60.0


@strict(config=_FORBID, frozen=True)
class _File:
    boot: Boot = field(default_factory=Boot)
    handover: tuple[Target, ...] = ("kolla", "cephadm")
    ironic: Ironic = field(default_factory=Ironic)
    web: Web = field(default_factory=Web)
    bmc: Bmcs = field(default_factory=Bmcs)
    state: str = ""
    cache: str = ""
    database: Database = ""


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
    """The settings of a file, or the defaults; SettingsMistakes names every mistake with its place."""
    path = settings_file(config)
    return _read(path, state_dir) if path else _settings(_File(), state_dir)


def _read(path: Path, state_dir: Path | None) -> Settings:
    from metalctl.content import yaml

    problems: list[yaml.Problem] = []
    tree = yaml.mapping(path, "settings", problems, empty=True)
    data = yaml.validated(tree, _File, problems) if tree else None
    settings = _settings(data, state_dir) if data else None
    if tree and settings and settings.boot.complete:
        try:
            boot_network(settings.boot, settings.state)
        except BootError as error:
            problems.append(yaml.Problem(yaml.place_of(tree, "boot"), f"boot: {error.message}", error.hint))
    if settings is None or problems:
        raise SettingsMistakes(
            problems, hint="see docs/reference/settings.md for the fields; another file is named with --config"
        )
    return settings


def _settings(data: _File, state_dir: Path | None) -> Settings:
    folder = state_dir or (Path(data.state) if data.state else default_state_dir())
    cache = Path(data.cache) if data.cache else default_cache_dir()
    state = StateDir(folder, data.database)
    return Settings(state, cache, data.boot, data.handover, data.ironic, data.web, data.bmc)


def to_clouds(settings: Settings, batch: str) -> HandoverSettings:
    """What a handover target is given for nodes of a batch: where files go, Ironic, and the BMCs' credentials."""
    from metalctl.content.secrets import resolve
    from metalctl.handover import Settings as HandoverSettings

    def credentials(reference: str) -> tuple[str, str]:
        secret = resolve(reference)
        return secret.username, secret.password

    return HandoverSettings(
        directory=settings.state.reports(batch) / "cloud",
        ironic_url=settings.ironic.url,
        credentials=credentials,
        bmc_verify=settings.ironic.bmc_verify,
    )


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
