"""What every stage may use: the database, the settings, the artifacts to boot, places, connections, news of nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Engine

from metalctl import bmc
from metalctl.engine.durability.places import Places
from metalctl.engine.pipeline.patience import Patience
from metalctl.engine.reach import credentials
from metalctl.engine.reach.connections import Connections
from metalctl.engine.reach.news import Newsroom
from metalctl.engine.settings import Settings
from metalctl.engine.topics import node_topic
from metalctl.store.nodes import Node


@dataclass(frozen=True, slots=True)
class Image:
    """An installable image that the boot service serves. manifest: its manifest.json; url: where its files are."""

    name: str
    manifest: dict[str, Any]
    url: str


class Publish(Protocol):
    """Tells the walker that a topic happened, in so many seconds."""

    def __call__(self, topic: str, after: float = 0.0) -> None: ...


def _nobody(topic: str, after: float = 0.0) -> None:
    """Before the walker is there, nobody waits."""


@dataclass(slots=True)
class Services:
    """One a service. images: by name. url: of our HTTP boot service as nodes see it.

    epoch: the fencing token of the service of that name (store.epochs), 0 where nobody serves. publish: tells the
    walker that a topic happened.
    """

    database: Engine
    settings: Settings
    url: str = ""
    images: dict[str, Image] = field(default_factory=dict)
    epoch: int = 0
    name: str = "local"
    publish: Publish = _nobody
    open_bmc: Callable[[Node], bmc.Bmc] = field(init=False)
    places: Places = field(init=False)
    connections: Connections = field(default_factory=Connections)
    patience: Patience = field(default_factory=Patience)
    news: Newsroom = field(init=False)

    def __post_init__(self) -> None:
        self.open_bmc = lambda node: credentials.connect(self.database, node)
        self.places = Places(self.settings.boot.at_once, lambda holder: self.publish(node_topic(holder)))
        self.news = Newsroom(self.settings.state, lambda topic: self.publish(topic))

    def close(self) -> None:
        """Drop all connections, under the ticks that use them too."""
        self.connections.close()
