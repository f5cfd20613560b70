"""`metalctl power`: switch a machine by its BMC, and believe only what is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from metalctl.cli._command import command
from metalctl.cli._machine import machine_options, opened
from metalctl.cli._numbers import DAY, Number

if TYPE_CHECKING:
    from metalctl.bmc import Endpoint


_UNPROVEN = {
    "reset": "the reset was accepted; it leaves no state to read, `cycle` does",
    "nmi": "the NMI was accepted; it leaves no state to read",
}


@command()
@click.argument("action", type=click.Choice(["on", "off", "cycle", "reset", "nmi", "status"]))
@click.option("--timeout", type=Number(1, DAY), default=120.0, show_default=True, help="Seconds until it must be so.")
@machine_options
def power(action: str, timeout: float, where: str, as_json: bool, **place: Any) -> None:
    """Switch a node on or off, cycle or reset it, send it an NMI, or show its power state.

    Returns only when the state read from the BMC is the wanted one; a machine that is in that state already gets
    no command. A reset and an NMI leave no state to read: that the BMC accepted them is all that is known, and said;
    `cycle` is proven. NODE is the name of an enrolled node, BMC an address such as https://10.0.0.11 or ipmi://10.0.0.11.

    Examples:
      metalctl power status r7n03
      metalctl power cycle https://10.0.0.11 --credential env:RACK1
    """
    with opened(where, **place) as machine:
        if action != "status":
            machine.set_power(action, timeout)
        _show(where, machine.endpoint, machine.power(), _UNPROVEN.get(action, ""), as_json)


def _show(where: str, endpoint: Endpoint, state: str, note: str, as_json: bool) -> None:
    import json

    if as_json:
        told = {"node": where, "bmc": str(endpoint), "power": state, "fingerprint": endpoint.fingerprint}
        click.echo(json.dumps(told | ({"note": note} if note else {})))
    else:
        click.echo(f"{where} is {state}" + (f" ({note})" if note else ""))
