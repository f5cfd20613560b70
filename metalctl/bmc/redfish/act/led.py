"""The locator LED: LocationIndicatorActive where there is one (since Redfish 2020.3), IndicatorLED on older BMCs."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.bmc.errors import NotApplied, Unsupported
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import linked, text

NEW, OLD = "LocationIndicatorActive", "IndicatorLED"
SETTLES = 10.0


@dataclass(frozen=True, slots=True)
class Light:
    """Where the LED is written: the resource and the property. off: the word for it (some are lit when idle)."""

    path: str
    name: str
    off: str

    def read(self, resource: Resource) -> bool:
        """Whether it shows."""
        if self.name == NEW:
            return resource.get(NEW) is True
        return text(resource, OLD) in {"Blinking", "Lit"} - {self.off}


def read(wire: Wire) -> bool:
    """Whether the LED shows. Raises Unsupported when the BMC has none."""
    light, resource = _find(wire)
    return light.read(resource)


def write(wire: Wire, on: bool) -> tuple[bool, bool]:
    """Before and after."""
    light, resource = _find(wire)
    before = light.read(resource)
    if before == on:
        return before, before
    value: object = on if light.name == NEW else ("Blinking" if on else light.off)
    wire.patch(light.path, {light.name: value}, wait=False)
    got = wire.clock.until(lambda: light.read(wire.get(light.path)), lambda got: got == on, SETTLES)
    if got != on:
        told, hint = f"should be {_word(on)}, but reads {_word(got)}", "some panels have a button that overrides it"
        raise NotApplied(f"{wire.name}: the locator LED {told}", hint=hint, wanted=_word(on), got=_word(got))
    return before, got


def _find(wire: Wire) -> tuple[Light, Resource]:
    system = wire.system()
    chassis = linked(system, "Links", "Chassis")
    places = [wire.system_path, *chassis] if wire.quirks.led_of == "system" else [*chassis, wire.system_path]
    for path in places:
        resource = system if path == wire.system_path else wire.get(path)
        for name in (NEW, OLD):
            # null stands for a LED that is not there.
            if resource.get(name) is not None:
                return Light(path, name, wire.quirks.led_off), resource
    raise Unsupported(f"{wire.name} has no locator LED", hint="try it over IPMI")


def _word(on: bool) -> str:
    return "on" if on else "off"
