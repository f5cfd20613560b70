"""What a target is, what it is given, and how it is found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, cast

from metalctl.content import plugins
from metalctl.content.errors import PluginError
from metalctl.handover.errors import NotAccepted, UnknownTarget
from metalctl.model.dossier import Artifact, Dossier
from metalctl.model.finding import Finding
from metalctl.model.stage import Condition, Stage


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are handed to.

    directory: for targets that are files; each makes a folder of its name in it.
    ironic_url: of the API, without authentication; cloud: a name in clouds.yaml instead.
    credentials: from a credential reference to (user name, password) of the BMC; called when needed, its answer kept
    nowhere. verify: TLS of the API: True, False, or a CA file. bmc_verify: the same for Ironic towards the BMC (a
    path there). kolla_inventory: the `multinode` file of the kolla-ansible in use, whose groups are taken; by
    default our own. timeout: seconds that a target may take to reach a state.
    """

    directory: Path
    ironic_url: str = ""
    cloud: str = ""
    credentials: Callable[[str], tuple[str, str]] | None = None
    verify: bool | str = True
    bmc_verify: bool | str = True
    kolla_inventory: Path | None = None
    timeout: float = 120.0


T = TypeVar("T")
FOLDER = "targets"  # on the content path


@dataclass(frozen=True, slots=True)
class Handed:
    """What was done: files written, and one line for a person."""

    target: str
    artifacts: tuple[Artifact, ...]
    summary: str


class Target(Protocol):
    """One file in clouds/."""

    def hand_over(self, dossiers: Sequence[Dossier], settings: Settings) -> Handed:
        """Tell the target of these nodes."""

    def read_back(self, dossier: Dossier, settings: Settings) -> tuple[Finding, ...]:
        """What the target says of this node, held against the dossier."""

    def preview(self, dossiers: Sequence[Dossier], settings: Settings) -> str:
        """What it would be told, as text; nothing is written or sent, no secret is resolved."""


class SiteTarget:
    """A target of the site. What it raises, or returns of a wrong type, is a PluginError with its file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._module = plugins.load(file, ("hand_over", "read_back", "preview"))
        self.__doc__ = self._module.__doc__

    def hand_over(self, dossiers: Sequence[Dossier], settings: Settings) -> Handed:
        """As Target."""
        return self._called("hand_over", Handed, dossiers, settings)

    def read_back(self, dossier: Dossier, settings: Settings) -> tuple[Finding, ...]:
        """As Target. No finding at all would look like agreement: it is refused."""
        found = self._called("read_back", tuple, dossier, settings)
        if not found or not all(isinstance(one, Finding) for one in found):
            raise self._wrong("read_back", "a tuple of one Finding at least")
        return found

    def preview(self, dossiers: Sequence[Dossier], settings: Settings) -> str:
        """As Target."""
        return self._called("preview", str, dossiers, settings)

    def _called(self, name: str, kind: type[T], *arguments: object) -> T:
        with plugins.calling(self._file):
            found = getattr(self._module, name)(*arguments)
        if not isinstance(found, kind):
            raise self._wrong(name, kind.__name__)
        return found

    def _wrong(self, name: str, expected: str) -> PluginError:
        return PluginError(f"{self._file}: {name} must return {expected}", hint="see: metalctl target new --help")


def shipped() -> list[str]:
    """The names of the targets that came with this metalctl."""
    from metalctl.handover import clouds

    return sorted(m.name for m in pkgutil.iter_modules(clouds.__path__) if not m.name.startswith("_"))


def targets() -> list[str]:
    """The names of all targets, those of the site among them."""
    return sorted({*shipped(), *plugins.found(FOLDER)})


def target(name: str) -> Target:
    """The target of that name; a site's file hides a shipped one.

    UnknownTarget lists what there is; PluginError names the file and the line where a site's target is broken.
    """
    if file := plugins.found(FOLDER).get(name):
        return SiteTarget(file)
    if name not in shipped():
        raise UnknownTarget(f"no handover target is called {name!r}", hint=f"there are: {', '.join(targets())}")
    return cast(Target, importlib.import_module(f"metalctl.handover.clouds.{name}"))


def is_accepted(dossier: Dossier) -> bool:
    """Whether the node has passed the stage `accepted`."""
    return any(r.stage is Stage.ACCEPTED and r.condition is Condition.DONE for r in dossier.stages)


def require_accepted(dossiers: Sequence[Dossier]) -> None:
    """NotAccepted for the first node that has not passed `accepted`."""
    for dossier in dossiers:
        if not is_accepted(dossier):
            raise NotAccepted(
                f"{dossier.node} has not passed the stage `accepted` (it is at {dossier.stage}, {dossier.condition})",
                hint=f"see why: metalctl show {dossier.node}",
                node=dossier.node,
            )
