"""Whatever a BMC, a site's quirk file or an archive holds: errors of this room, no others, and an end."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalctl.bmc.capture.record import links, load
from metalctl.bmc.capture.scrub import Pseudonyms, without_secrets
from metalctl.bmc.errors import BmcError, QuirkErrors
from metalctl.bmc.quirks.load import catalogue
from metalctl.bmc.quirks.settings import NAMES
from metalctl.bmc.redfish.act import bios, boot, clocks, led, logs, manager, media, power, secure_boot
from metalctl.bmc.redfish.client.http import Response
from metalctl.bmc.redfish.client.refusals import said
from metalctl.bmc.redfish.probe_report import examine
from tests.unit.bmc.fake_bmc import ROOT, FakeBmc, Sent, reply

pytestmark = pytest.mark.slow

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in rows for place in _places(one, (*at, key)))]


PATHS = sorted(FakeBmc().tree)
DEEDS = [
    lambda w: boot.set_override(w, "pxe", "bios", False),
    lambda w: power.reset(w, "reset"),
    lambda w: media.insert(w, "http://x/a.iso", "cd"),
    lambda w: bios.wait(w, bios.write(w, {"Vt": "Off"}).before, "", 20),
    lambda w: secure_boot.write(w, True),
    lambda w: led.write(w, True),
    lambda w: logs.clear(w),
    lambda w: clocks.write(w),
    lambda w: manager.reset(w),
    lambda w: examine(w, w.get(ROOT)),
]


@FEW
@given(st.data(), st.sampled_from(DEEDS))
def test_a_resource_with_anything_anywhere_in_it_ends_in_an_error_of_the_room_or_none(data: Any, deed: Any) -> None:
    bmc = FakeBmc()
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(PATHS))
        *parents, last = data.draw(st.sampled_from([p for p in _places(bmc.tree[path]) if p] or [("Id",)]))
        target: Any = bmc.tree[path]
        for key in parents:
            target = target[key]
        target[last] = data.draw(JSON)
    with contextlib.suppress(BmcError):
        deed(bmc.wire())
    assert len(bmc.sent) < 500


@FEW
@given(st.integers(100, 599), JSON, st.dictionaries(st.sampled_from(["etag", "location"]), st.text(max_size=12)))
def test_any_answer_at_all_is_survived(status: int, body: Any, headers: dict[str, str]) -> None:
    bmc = FakeBmc()

    def answer(sent: Sent) -> Response:
        return reply(status, headers, body)

    bmc.rules.append(answer)
    for deed in DEEDS:
        with contextlib.suppress(BmcError):
            deed(bmc.wire())
    said(reply(status, {}, body).body)


@FEW
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_quirk_file_is_read_or_refused_with_its_mistakes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "q.yaml").write_bytes(content)
        with pytest.raises(BmcError):
            catalogue(Path(folder), [])


@FEW
@given(st.sampled_from(NAMES), JSON, JSON)
def test_any_value_of_a_setting_is_taken_or_told(name: str, value: Any, when: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        quirk = {"about": "a", "source": "b", "when": when or {"root.A": ""}, "set": {name: value}}
        (Path(folder) / "q.yaml").write_text(json.dumps(quirk))
        try:
            taken = catalogue(Path(folder), [])["q"].set[name]
        except QuirkErrors as error:
            taken, told = value, tuple(map(str, error.problems))
        else:
            told = ("q.yaml:1: taken",)
        assert taken == value
        assert all("q.yaml:" in one for one in told)


@FEW
@given(JSON)
def test_scrubbing_and_linking_take_any_json(value: Any) -> None:
    links(value)
    names = Pseudonyms([value])
    assert type(names.of(without_secrets(value))) is type(value)


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_are_no_capture_or_one(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.tar.gz"
        file.write_bytes(content)
        with pytest.raises(BmcError):
            load(file)
