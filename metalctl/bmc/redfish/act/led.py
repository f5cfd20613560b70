"""The locator LED: LocationIndicatorActive where there is one (since Redfish 2020.3), IndicatorLED on older BMCs."""

from __future__ import annotations

from dataclasses import dataclass

from metalctl.bmc.errors import NotApplied, Unsupported
from metalctl.bmc.redfish.act.wire import Wire
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.values import child, items, link, text

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
    deadline = wire.clock.now() + SETTLES
    while (got := light.read(wire.get(light.path))) != on:
        if wire.clock.now() >= deadline:
            raise NotApplied(
                f"{wire.name}: the locator LED should be {_word(on)}, but reads {_word(got)}",
                hint="some panels have a button that overrides it",
                bmc=wire.name,
                wanted=_word(on),
                got=_word(got),
            )
        wire.clock.sleep(1.0)
    return before, got


def _find(wire: Wire) -> tuple[Light, Resource]:
    system = wire.system()
    chassis = [path for row in items(child(system, "Links"), "Chassis") if (path := link({"x": row}, "x"))]
    places = [wire.system_path, *chassis] if wire.quirks.led_of == "system" else [*chassis, wire.system_path]
    for path in places:
        resource = system if path == wire.system_path else wire.get(path)
        for name in (NEW, OLD):
            # null stands for a LED that is not there.
            if resource.get(name) is not None:
                return Light(path, name, wire.quirks.led_off), resource
    raise Unsupported(f"{wire.name} has no locator LED", hint="try it over IPMI", bmc=wire.name)


def _word(on: bool) -> str:
    return "on" if on else "off"
