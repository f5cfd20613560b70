"""What actions send and what they make of the answers."""

from __future__ import annotations

import pytest

from metalctl.bmc.errors import Astray, BadAnswer, Busy, Missing, TaskFailed, Unreachable, Unsupported
from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.act import tasks
from metalctl.bmc.redfish.client.http import Response
from tests.unit.bmc.fake_bmc import SYSTEM, FakeBmc, Sent, error, refuse, reply


@pytest.mark.parametrize("path", ["https://192.0.2.9/x", "//192.0.2.9/x", "relative", "http://192.0.2.9/x"])
def test_a_path_that_leads_off_the_bmc_is_refused_before_anything_is_sent(path: str) -> None:
    bmc = FakeBmc()
    with pytest.raises(BadAnswer, match="not on it"):
        bmc.wire().post(path, {})
    assert bmc.sent == []


def test_a_redirect_is_followed_on_the_same_bmc_and_not_for_ever() -> None:
    bmc = FakeBmc()
    bmc.tree["/there"] = {"Id": "there"}
    bmc.rules.append(lambda s: reply(308, {"location": "https://192.0.2.1:443/there"}) if s.path == SYSTEM else None)
    assert bmc.wire().system()["Id"] == "there"
    bmc.rules.append(lambda s: reply(308, {"location": "/there"}) if s.path == "/there" else None)
    with pytest.raises(BadAnswer):
        bmc.wire().system()
    assert len(bmc.sent) == 2 + 4


def test_a_redirect_to_another_host_is_refused_as_it_is_to_a_reader() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(308, {"location": "https://192.0.2.9/there"}) if s.path == SYSTEM else None)
    with pytest.raises(Astray, match="another host"):
        bmc.wire().system()
    assert len(bmc.sent) == 1


def test_a_write_has_a_connection_of_its_own_and_a_read_has_not() -> None:
    bmc = FakeBmc()
    bmc.wire().patch(SYSTEM, {"AssetTag": "x"})
    bmc.wire().post(f"{SYSTEM}/Actions/ComputerSystem.Reset", {"ResetType": "On"})
    assert [(s.method, s.alone) for s in bmc.sent] == [("GET", False), ("PATCH", True), ("POST", True)]


def test_a_write_of_who_was_not_let_in_is_sent_again_and_no_third_time() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("PATCH", SYSTEM, 401, times=1))
    assert bmc.wire().patch(SYSTEM, {"AssetTag": "x"}).good
    bmc.rules[:] = [refuse("PATCH", SYSTEM, 401)]
    with pytest.raises(BadAnswer):
        bmc.wire().patch(SYSTEM, {"AssetTag": "y"})
    assert [one["AssetTag"] for one in bmc.bodies("PATCH")] == ["x", "x", "y", "y"]


def test_a_write_is_not_redirected() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(307, {"location": "/x"}) if s.method == "POST" else None)
    with pytest.raises(Unsupported):
        bmc.wire().post("/a", {})
    assert len(bmc.sent) == 1


def test_a_weak_etag_that_is_refused_is_tried_without_its_mark_and_then_left_out() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(412) if s.method == "PATCH" and s.headers.get("If-Match") else None)
    bmc.wire().patch(SYSTEM, {"AssetTag": "x"})
    given = [s.headers.get("If-Match") for s in bmc.sent if s.method == "PATCH"]
    assert given == [bmc_tag, bmc_tag.removeprefix("W/"), None] if (bmc_tag := given[0]) else False


def test_where_an_etag_is_required_none_is_left_out() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(412) if s.method == "PATCH" else None)
    with pytest.raises(Busy):
        bmc.wire(Quirks(etag="required", busy_lasts=0)).patch(SYSTEM, {})
    assert all(s.headers.get("If-Match") for s in bmc.sent if s.method == "PATCH")


def test_never_means_that_no_etag_is_sent_nor_asked_for() -> None:
    bmc = FakeBmc()
    bmc.wire(Quirks(etag="never")).patch(SYSTEM, {"AssetTag": "x"})
    assert [(s.method, s.headers.get("If-Match")) for s in bmc.sent] == [("PATCH", None)]


def test_a_busy_bmc_is_asked_again_for_as_long_as_the_quirks_say() -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("POST", "/a", 503))
    with pytest.raises(Busy):
        bmc.wire(Quirks(busy_lasts=20)).post("/a", {})
    assert [s.at for s in bmc.sent] == [1000.0 + 2 * n for n in range(11)]
    with pytest.raises(Busy):
        bmc.wire().post("/a", {}, patient=False)
    assert len(bmc.sent) == 12


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, BadAnswer), (403, BadAnswer), (404, Missing), (405, Missing), (500, BadAnswer)],
)
def test_a_refused_read_is_asked_once(status: int, kind: type[Exception]) -> None:
    bmc = FakeBmc()
    bmc.rules.append(refuse("GET", SYSTEM, status))
    with pytest.raises(kind) as caught:
        bmc.wire().system()
    assert type(caught.value) is kind
    assert len(bmc.sent) == 1, "500 of a subtree must not cost half a minute"


def test_a_lost_answer_is_not_followed_by_the_same_command() -> None:
    bmc = FakeBmc()

    def lost(sent: Sent) -> Response:
        raise Unreachable("broke off")

    bmc.rules.append(lost)
    with pytest.raises(Unreachable):
        bmc.wire().post("/a", {})
    assert len(bmc.sent) == 1


def test_the_refusal_says_what_the_bmc_said_but_no_secret() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: error(400, "Base.1.0.PropertyValueFormatError", "hunter2", "/Password"))
    wire = bmc.wire()
    with pytest.raises(Unsupported) as caught, wire.client.hiding("hunter2"):
        wire.post("/a", {"Password": "hunter2"})
    assert "PropertyValueFormatError" in caught.value.message
    assert "hunter2" not in repr((caught.value.args, caught.value.fields))


def test_garbage_is_no_resource() -> None:
    bmc = FakeBmc()
    bmc.rules.append(lambda s: reply(200, {}, ["no object"]))
    with pytest.raises(BadAnswer, match="not a JSON object"):
        bmc.wire().system()


# ---- tasks ---------------------------------------------------------------------------------------------------------


def after(seconds: float, last: Response) -> FakeBmc:
    """A BMC whose task runs until then."""
    bmc = FakeBmc()
    running = reply(200, {}, {"TaskState": "Running"})
    bmc.rules.append(lambda s: last if s.at >= 1000 + seconds else running)
    return bmc


def test_a_task_is_followed_to_its_end_and_one_that_vanishes_is_no_success() -> None:
    assert tasks.follow(after(30, reply(200, {}, {"TaskState": "Completed"})).wire(), "/t") == "done"
    assert tasks.follow(after(30, reply(404)).wire(), "/t") == "gone"
    assert tasks.follow(after(30, reply(204, {}, {})).wire(), "/t") == "done"


@pytest.mark.parametrize("state", ["Exception", "Killed", "Cancelled", "CompletedWithErrors", "Failed"])
def test_a_task_that_ends_badly_is_told_with_its_reason(state: str) -> None:
    body = {"TaskState": state, "Messages": [{"Message": "the flash is worn"}]}
    with pytest.raises(TaskFailed, match="the flash is worn") as caught:
        tasks.follow(after(10, reply(200, {}, body)).wire(), "/t")
    assert caught.value.fields["state"] == state


def test_a_task_that_does_not_end_is_given_up_and_a_bmc_that_is_away_does_not_end_it() -> None:
    bmc = FakeBmc()

    def away(sent: Sent) -> Response:
        if sent.at < 1100:
            raise Unreachable("away")
        return reply(200, {}, {"TaskState": "Running"})

    bmc.rules.append(away)
    with pytest.raises(TaskFailed, match="still Running after 600 s"):
        tasks.follow(bmc.wire(), "/t")
    assert bmc.sent[-1].at >= 1600


@pytest.mark.parametrize(
    ("reply", "path"),
    [(reply(202, {"location": "/redfish/v1/T/1"}), "/redfish/v1/T/1"), (reply(204), ""),
     (reply(202, {"location": "https://10.0.0.1/redfish/v1/T/1"}), "/redfish/v1/T/1"),
     (reply(200, {}, {"@odata.id": "/T/2", "TaskState": "New"}), "/T/2"), (reply(200, {}, {"@odata.id": "/x"}), "")],
)  # fmt: skip
def test_the_task_that_an_answer_started(reply: Response, path: str) -> None:
    assert tasks.task_of(reply) == path


@pytest.mark.parametrize(("timed_out", "tries"), [(False, 2), (True, 1)])
def test_a_read_that_broke_off_is_tried_once_more_unless_it_took_its_time(timed_out: bool, tries: int) -> None:
    bmc = FakeBmc()

    def breaks(sent: Sent) -> Response | None:
        raise Unreachable("broke off", timed_out=timed_out)

    bmc.rules.append(breaks)
    with pytest.raises(Unreachable):
        bmc.wire().get(SYSTEM)
    assert len(bmc.sent) == tries
    bmc.rules[:] = [lambda s: breaks(s) if s.at < 1000.1 and not timed_out else None]
    bmc._now = 1000.0
    assert bmc.wire().get(SYSTEM)["Model"] == "Box"


def test_a_write_that_broke_off_is_not_sent_again() -> None:
    bmc = FakeBmc()

    def breaks(sent: Sent) -> Response | None:
        if sent.method == "GET":
            return None
        raise Unreachable("broke off")

    bmc.rules.append(breaks)
    with pytest.raises(Unreachable):
        bmc.wire().post("/x", {})
    with pytest.raises(Unreachable):
        bmc.wire().patch(SYSTEM, {"AssetTag": "x"})
    assert [one.method for one in bmc.sent if one.method != "GET"] == ["POST", "PATCH"]
