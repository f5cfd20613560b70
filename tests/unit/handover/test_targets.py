"""What holds for every target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from metalctl import handover
from metalctl.handover import Settings
from metalctl.handover.errors import NotAccepted, NotConfigured, UnknownTarget
from metalctl.model.dossier import Dossier

Sample = Callable[[str], Dossier]


def test_targets_are_found_by_the_name_of_their_file() -> None:
    assert handover.targets() == ["cephadm", "ironic", "kolla"]


@pytest.mark.parametrize("name", handover.targets())
def test_a_target_has_the_three_functions_and_a_manual(name: str) -> None:
    module = handover.target(name)
    assert callable(module.hand_over)
    assert callable(module.read_back)
    assert callable(module.preview)
    assert len(module.__doc__ or "") > 300


def test_an_unknown_target_names_those_there_are() -> None:
    with pytest.raises(UnknownTarget) as unknown:
        handover.target("../kolla")
    assert "cephadm, ironic, kolla" in unknown.value.hint


@pytest.mark.parametrize("name", handover.targets())
@pytest.mark.parametrize("dossier", ["failed", "undecided"])
def test_a_node_that_was_not_accepted_is_handed_to_nobody(
    sample: Sample, settings: Settings, name: str, dossier: str
) -> None:
    with pytest.raises(NotAccepted, match="accepted"):
        handover.target(name).hand_over([sample("accepted"), sample(dossier)], settings)
    assert list(settings.directory.iterdir()) == []


@pytest.mark.parametrize("name", handover.targets())
def test_a_preview_writes_nothing_and_asks_for_no_secret(sample: Sample, settings: Settings, name: str) -> None:
    def never(reference: str) -> tuple[str, str]:
        raise AssertionError(reference)

    asked = replace(settings, credentials=never, ironic_url="http://127.0.0.1:1")
    text = handover.target(name).preview([sample("controller"), sample("waived")], asked)
    assert "storage-01" in text
    assert list(settings.directory.iterdir()) == []


def test_ironic_without_an_address_says_which_setting(sample: Sample, settings: Settings) -> None:
    with pytest.raises(NotConfigured) as missing:
        handover.target("ironic").read_back(sample("accepted"), settings)
    assert "ironic.url" in missing.value.hint


def test_a_node_name_cannot_leave_the_directory(sample: Sample, settings: Settings, tmp_path: Path) -> None:
    for name in ("../../x", "a/b", "-x", "a..b", "", "x\ny"):
        for target in ("kolla", "cephadm"):
            with pytest.raises(handover.errors.Incomplete):
                handover.target(target).hand_over([replace(sample("controller"), node=name)], settings)
