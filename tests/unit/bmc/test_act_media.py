"""Virtual media: put in once, taken out once, and told when it does not go."""

from __future__ import annotations

import pytest

from metalctl.bmc.errors import NotApplied, Unsupported
from metalctl.bmc.redfish.act import media
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import MANAGER, FakeBmc, Sent, deaf, error, reply
from tests.unit.bmc.fake_tree import MEDIA, slot

ISO = "http://10.0.0.1/a.iso"


def test_an_image_is_inserted_once_and_ejected_once() -> None:
    bmc = FakeBmc()
    assert media.insert(bmc.wire(), ISO, "cd")[1].image == ISO
    assert media.insert(bmc.wire(), ISO, "cd")[1].image == ISO
    assert len(bmc.bodies("POST")) == 1, "it is in already"
    assert media.insert(bmc.wire(), "http://10.0.0.1/b.iso", "cd")[1].image.endswith("b.iso")
    assert [s.path.rpartition(".")[2] for s in bmc.sent if s.method == "POST"] == [
        "InsertMedia",
        "EjectMedia",
        "InsertMedia",
    ]
    assert media.eject(bmc.wire(), "cd")[1].inserted is False
    media.eject(bmc.wire(), "cd")
    assert len(bmc.bodies("POST")) == 4


def test_what_the_bmc_rejects_is_left_out_and_asked_again_without_a_quirk_too() -> None:
    bmc = FakeBmc()
    bmc.rules.append(
        lambda s: (
            error(400, "Base.1.0.ActionParameterUnknown", "WriteProtected")
            if s.body and "WriteProtected" in s.body
            else None
        )
    )
    assert media.insert(bmc.wire(), ISO, "cd")[1].inserted
    assert bmc.bodies("POST")[1] == {"Image": ISO, "Inserted": True}


def test_a_refusal_about_something_else_is_not_asked_again() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(400, "Base.1.0.ResourceAtUriUnauthorized", ISO) if s.method == "POST" else None)
    with pytest.raises(Unsupported):
        media.insert(bmc.wire(), ISO, "cd")
    assert len(bmc.bodies("POST")) == 1


def test_a_slot_without_actions_is_patched() -> None:
    bmc = FakeBmc()
    for name in "AB":
        del bmc.tree[f"{MEDIA}/{name}"]["Actions"]
    assert media.insert(bmc.wire(), ISO, "cd")[1].inserted
    media.eject(bmc.wire(), "cd")
    assert bmc.bodies("PATCH") == [
        {"Image": ISO, "Inserted": True, "WriteProtected": True}, {"Image": None, "Inserted": False},
    ]  # fmt: skip


def test_media_that_does_not_go_in_or_out_is_caught() -> None:
    with pytest.raises(NotApplied, match="but is empty"):
        media.insert(deaf(FakeBmc(), "POST").wire(), ISO, "cd")
    full = FakeBmc()
    full.tree[f"{MEDIA}/B"] |= {"Image": ISO, "Inserted": True}
    with pytest.raises(NotApplied, match="should be empty"):
        media.eject(deaf(full, "POST").wire(), "cd")


def test_the_kind_of_media_and_its_absence_are_told() -> None:
    bmc = FakeBmc()
    with pytest.raises(Unsupported, match="no virtual usb"):
        media.insert(bmc.wire(), ISO, "usb")
    bmc.tree[f"{MEDIA}/A"]["MediaTypes"] = ["USBStick"]
    assert media.insert(bmc.wire(), ISO, "usb")[1].name == "A"
    del bmc.tree[MANAGER]["VirtualMedia"]
    with pytest.raises(Unsupported, match="no virtual media"):
        media.slots(bmc.wire())


def test_a_task_of_the_insertion_is_waited_for() -> None:
    bmc = FakeBmc()
    path = f"{MEDIA}/A"

    def slow(sent: Sent) -> Response | None:
        if sent.method == "POST":
            return reply(202, {"location": "/t"})
        if sent.path == "/t":
            return reply(200, {}, {"TaskState": "Running" if sent.at < 1060 else "Completed"})
        inserted = slot("A") | {"Image": ISO, "Inserted": True}
        return reply(200, {}, inserted) if sent.path == path and sent.at >= 1060 else None

    bmc.rules.append(slow)
    assert media.insert(bmc.wire(), ISO, "cd")[1].inserted


def test_a_drive_that_comes_to_hold_another_image_is_told() -> None:
    bmc = FakeBmc()

    def another(sent: Sent) -> Response | None:
        if sent.method == "POST":
            bmc._insert(sent.path.partition("/Actions/")[0], {"Image": "http://10.0.0.1/other.iso"})
            return reply(204)
        return None

    bmc.rules.append(another)
    with pytest.raises(NotApplied, match=r"but holds .*other"):
        media.insert(bmc.wire(), ISO, "cd")


def test_a_drive_that_names_only_the_file_holds_ours() -> None:
    bmc = FakeBmc()

    def short(sent: Sent) -> Response | None:
        if sent.method == "POST":
            bmc._insert(sent.path.partition("/Actions/")[0], {"Image": "/a.iso"})
            return reply(204)
        return None

    bmc.rules.append(short)
    assert media.insert(bmc.wire(), ISO, "cd")[1].image == "/a.iso"
