"""`dhcp:`: the addresses that the boot network gave out, from what the service noted in the store."""

from __future__ import annotations

from metalctl.cli._options import Home
from metalctl.model.errors import UsageError

_GIVEN = "DHCP: address "


def addresses(home: Home) -> dict[str, str]:
    """Address → MAC address, the last that each machine was given. Raises UsageError when there is none."""
    import ipaddress

    from sqlalchemy import select

    from metalctl.store import schema
    from metalctl.store.database import open_database

    state = home.state()
    if not state.remembers:
        raise _none(f"{state.path} holds no state of metalctl")
    table = schema.sightings
    query = select(table.c.mac, table.c.what).where(table.c.what.startswith(_GIVEN)).order_by(table.c.id)
    with open_database(state.store_url).connect() as connection:
        last = {mac: what.removeprefix(_GIVEN).split()[0] for mac, what in connection.execute(query) if mac}
    found = {}
    for mac, address in last.items():
        try:
            found[str(ipaddress.ip_address(address))] = mac
        except ValueError:
            continue
    if not found:
        raise _none("no machine has an address of the boot network yet")
    return found


def _none(message: str) -> UsageError:
    return UsageError(message, hint="run metalctl serve on the boot network first, or name a network to scan")
