"""`metalctl bmc`: what a technician does with one BMC. One file a command in this folder."""

from __future__ import annotations

from metalctl.cli._command import group
from metalctl.cli.bmc.bios import bios
from metalctl.cli.bmc.boot import boot
from metalctl.cli.bmc.clock import clock
from metalctl.cli.bmc.get import get
from metalctl.cli.bmc.led import led
from metalctl.cli.bmc.media import media
from metalctl.cli.bmc.probe import probe
from metalctl.cli.bmc.record import record
from metalctl.cli.bmc.replay import replay
from metalctl.cli.bmc.reset import reset
from metalctl.cli.bmc.rotate import rotate
from metalctl.cli.bmc.secure_boot import secure_boot
from metalctl.cli.bmc.sel_clear import sel_clear


@group()
def bmc() -> None:
    """Probe, command, record and replay one BMC.

    Every command looks first, changes only what is not so already, and reads again: what the BMC merely accepted is
    not believed. Secrets are given by reference, never as words of the command. Power is `metalctl power`.

    Examples:
      metalctl bmc probe https://10.0.0.11 --credential env:RACK1
    """


for _command in (
    probe,
    get,
    boot,
    led,
    bios,
    secure_boot,
    media,
    clock,
    sel_clear,
    reset,
    rotate,
    record,
    replay,
):
    bmc.add_command(_command)
