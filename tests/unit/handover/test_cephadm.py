"""The cephadm specs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import yaml

from metalctl.handover import Settings, target
from metalctl.handover.clouds.cephadm import check, documents
from metalctl.handover.errors import HandoverError, Incomplete
from metalctl.model.dossier import Dossier
from metalctl.model.inventory import Disk
from metalctl.model.verdict import Verdict

Sample = Callable[[str], Dossier]


def cluster(settings: Settings) -> list[dict[str, object]]:
    return list(yaml.safe_load_all((settings.directory / "cephadm" / "cluster.yaml").read_text()))


def test_a_storage_node_is_a_host_and_an_osd_spec_by_path(sample: Sample, settings: Settings) -> None:
    handed = target("cephadm").hand_over([sample("waived"), sample("controller"), sample("accepted")], settings)
    found = {(d["service_type"], d.get("hostname", d.get("service_id"))): d for d in cluster(settings)}
    assert set(found) == {("host", "controller-01"), ("host", "storage-01"), ("osd", "metalctl-storage-01")}
    osd = found["osd", "metalctl-storage-01"]
    assert osd["placement"] == {"hosts": ["storage-01"]}
    spec = osd["spec"]
    assert isinstance(spec, dict)
    assert len(spec["data_devices"]["paths"]) == 12
    assert spec["db_devices"]["paths"] == [f"/dev/disk/by-path/pci-0000:c{i}:00.0-nvme-1" for i in (0, 1)]
    assert found["host", "controller-01"]["labels"] == ["mon", "mgr"]
    assert "2 hosts, 12 OSDs" in handed.summary
    for name in ("waived", "controller"):
        assert {f.verdict for f in target("cephadm").read_back(sample(name), settings)} == {Verdict.PASS}


def test_a_compute_node_is_skipped_with_the_reason(sample: Sample, settings: Settings) -> None:
    assert documents(sample("accepted")) == []
    [finding] = target("cephadm").read_back(sample("accepted"), settings)
    assert finding.verdict is Verdict.SKIP
    assert "compute nodes are not part" in finding.got


def with_data(dossier: Dossier, **change: str) -> Dossier:
    disks = tuple(replace(d, **change) for d in dossier.disk_roles["data"])
    return replace(dossier, disk_roles=dossier.disk_roles | {"data": disks})


def test_by_id_stands_in_where_there_is_no_by_path(sample: Sample) -> None:
    spec = documents(with_data(sample("waived"), by_path=""))[1]["spec"]
    assert spec["data_devices"]["paths"][0].startswith("/dev/disk/by-id/wwn-")


@pytest.mark.parametrize("name", ["sdb", "/dev/sdb", "/dev/nvme0n1", "nvme1n1p1", "vda", "dm-0", "/dev/md127", ""])
def test_a_kernel_name_is_never_handed_over(sample: Sample, name: str) -> None:
    with pytest.raises(Incomplete, match="no stable path"):
        documents(with_data(sample("waived"), by_path=name, by_id=name))


def test_the_disk_with_the_operating_system_is_never_an_osd(sample: Sample) -> None:
    dossier = sample("waived")
    root: Disk = dossier.disk_roles["os"][0]
    both = replace(dossier, disk_roles=dossier.disk_roles | {"data": (*dossier.disk_roles["data"], root)})
    with pytest.raises(Incomplete, match="carries the operating system"):
        documents(both)
    # Nor when only the record of the installation knows it.
    only = {k: v for k, v in both.disk_roles.items() if k != "os"}
    with pytest.raises(Incomplete, match="carries the operating system"):
        documents(replace(both, disk_roles=only))


def test_a_storage_node_without_data_disks_is_refused(sample: Sample) -> None:
    with pytest.raises(Incomplete, match="no disk of the role osd"):
        documents(replace(sample("waived"), disk_roles={}))


def test_hosts_are_added_one_by_one_and_handing_over_again_doubles_nothing(sample: Sample, settings: Settings) -> None:
    other = replace(sample("waived"), node="storage-09", address="10.30.0.19")
    for dossier in (sample("waived"), other, sample("waived")):
        target("cephadm").hand_over([dossier], settings)
    hosts = [d["hostname"] for d in cluster(settings) if d["service_type"] == "host"]
    assert hosts == ["storage-01", "storage-09"]


def test_a_device_removed_from_the_file_is_a_fail(sample: Sample, settings: Settings) -> None:
    target("cephadm").hand_over([sample("waived")], settings)
    file = settings.directory / "cephadm" / "cluster.yaml"
    file.write_text(file.read_text().replace("    - /dev/disk/by-path/pci-0000:c1:00.0-nvme-1\n", ""))
    bad = [f.requirement for f in target("cephadm").read_back(sample("waived"), settings) if f.blocks]
    assert bad == ["handover.cephadm.db_devices"]


def test_a_kernel_name_written_into_the_file_is_a_fail(sample: Sample, settings: Settings) -> None:
    target("cephadm").hand_over([sample("waived")], settings)
    file = settings.directory / "cephadm" / "cluster.yaml"
    file.write_text(file.read_text().replace("/dev/disk/by-path/pci-0000:c1:00.0-nvme-1", "/dev/sdz"))
    [finding] = target("cephadm").read_back(sample("waived"), settings)
    assert (finding.verdict, "/dev/sdz is not a stable device path" in finding.got) == (Verdict.FAIL, True)


def test_a_broken_file_of_another_host_stops_with_its_name_and_keeps_the_cluster_file(
    sample: Sample, settings: Settings
) -> None:
    target("cephadm").hand_over([sample("waived")], settings)
    before = cluster(settings)
    (settings.directory / "cephadm" / "hosts" / "x.yaml").write_text("a: [")
    with pytest.raises(HandoverError, match=r"x\.yaml"):
        target("cephadm").hand_over([sample("controller")], settings)
    assert cluster(settings) == before


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("x", "not a host or osd spec"),
        ({"service_type": "mon"}, "not a host or osd spec"),
        ({"service_type": "host"}, "without a name"),
        ({"service_type": "osd", "service_id": "a", "spec": {"data_devices": {}}}, "devices without paths"),
        (
            {
                "service_type": "osd",
                "service_id": "a",
                "placement": {"hosts": ["a", "b"]},
                "spec": {"data_devices": {"paths": ["/dev/disk/by-id/x"]}},
            },
            "one host only",
        ),
        (
            {
                "service_type": "osd",
                "service_id": "a",
                "placement": {"hosts": ["a"]},
                "spec": {"data_devices": {"paths": ["/dev/disk/by-id/x", "/dev/disk/by-id/x"]}},
            },
            "named twice",
        ),
    ],
)
def test_a_wrong_shape_is_named(document: object, says: str) -> None:
    assert says in check([document])[0]


def test_a_fragment_that_was_written_by_hand_is_taken_as_it_stands(sample: Sample, settings: Settings) -> None:
    target("cephadm").hand_over([sample("waived")], settings)
    by_hand = "service_type: host\nhostname: old-01\naddr: 10.0.0.9  # the first one\nlabels: [mon]"
    (settings.directory / "cephadm" / "hosts" / "old-01.yaml").write_text(by_hand)
    target("cephadm").hand_over([sample("controller")], settings)
    assert [d.get("hostname") for d in cluster(settings) if d["service_type"] == "host"] == [
        "controller-01", "old-01", "storage-01",
    ]  # fmt: skip
    assert "# the first one" in (settings.directory / "cephadm" / "cluster.yaml").read_text()
