"""$expand: whether this BMC says that it can, how it wants to be asked, and where it turned out that it cannot.

ServiceRoot.ProtocolFeaturesSupported.ExpandQuery (DSP0266, 7.3): "." expands what is not under Links, "*" everything.
Both are asked for one level only: BMCs are slow, and one broken part breaks the whole answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.links import last
from metalctl.bmc.redfish.schema.values import child

# So often may it fail before it is not asked for at all.
ENOUGH_LIES = 2


class Expand:
    """query: "" when not advertised. lies: kinds of resource (last part of their path) where it is not honoured."""

    def __init__(self, query: str = "", lies: Iterable[str] = ()) -> None:
        self.query = query
        self.lies = set(lies)

    @property
    def works(self) -> bool:
        """Whether it is advertised, and has not failed so often that it counts as a lie altogether."""
        return bool(self.query) and len(self.lies) < ENOUGH_LIES

    def target(self, path: str) -> str:
        """What to ask for instead of `path`, "" when it must be asked plainly."""
        if not self.works or kind(path) in self.lies or "?" in path:
            return ""
        return f"{path}?{self.query}"

    def lied(self, path: str) -> None:
        """It was refused, or came back unexpanded."""
        self.lies.add(kind(path))

    def saw(self, path: str, members: object) -> None:
        """Members came back: links only, when it was not honoured."""
        if isinstance(members, list) and not any(isinstance(m, dict) and len(m) > 1 for m in members):
            self.lied(path)


def kind(path: str) -> str:
    """What sort of resource a path leads to, the same for all BMCs of a model: its last part."""
    return last(path.partition("?")[0])


def advertised(root: Resource, lies: Iterable[str] = ()) -> Expand:
    """What the service root says."""
    query = child(root, "ProtocolFeaturesSupported", "ExpandQuery")
    sign = "." if query.get("NoLinks") is True else "*" if query.get("ExpandAll") is True else ""
    levels = "($levels=1)" if query.get("Levels") is True else ""
    return Expand(f"$expand={sign}{levels}" if sign else "", lies)
