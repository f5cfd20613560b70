"""The peer of a paired check."""

from __future__ import annotations

from metalctl.model.run import Peer

CLIENT = Peer("n2", "client", "127.0.0.1", 52101)
