"""What a fault is, and the two lists that its declaration puts it on."""

from __future__ import annotations

from typing import ClassVar

from metalctl.lab.bmc.bmc import Bmc
from metalctl.lab.bmc.message import Request, Response
from metalctl.lab.bmc.settings import FaultShare
from metalctl.lab.errors import RackFileError
from metalctl.lab.spec import Node

ON_BMC: dict[str, type[Fault]] = {}
"""Name after --fault → the fault of a simulated BMC."""
ON_RACK: dict[str, type[Fault]] = {}
"""Name in rack.yaml → the fault of an emulated node."""


class Fault:
    """A look at each request before it is answered, and at each answer before it is sent.

    parameter: what was written after the name, else the class's `default`. numeric: it has to be a number. A class is
    declared with `name` (of the simulated BMC's fault), `rack` (names of the rack's), or both.
    """

    default: ClassVar[str] = ""
    numeric: ClassVar[bool] = False

    def __init_subclass__(cls, *, name: str = "", rack: tuple[str, ...] = ()) -> None:
        super().__init_subclass__()
        if name:
            ON_BMC[name] = cls
        ON_RACK.update(dict.fromkeys(rack, cls))

    def __init__(self, bmc: Bmc, share: FaultShare) -> None:
        self.bmc = bmc
        self.name = share.name
        self.parameter = share.parameter or self.default

    def before(self, request: Request) -> Response | None:
        """An answer in place of the BMC's, or None."""
        return None

    def after(self, request: Request, answer: Response) -> Response:
        """The answer to send."""
        return answer

    @staticmethod
    def build(node: Node, fault: str) -> Node:
        """The emulated node with the fault; fault: its name in rack.yaml. Raises `RackFileError` where it cannot be."""
        raise NotImplementedError(fault)


def needs(node: Node, fault: str, held: bool, declares: str, instead: str) -> None:
    """Refuses a node that has not what the fault breaks. Raises `RackFileError`."""
    if not held:
        raise RackFileError(
            f"node {node.name}: fault {fault}, but the node declares {declares}",
            hint=f"declare {instead} or drop the fault",
            node=node.name,
        )
