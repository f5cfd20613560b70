"""Whose mirror packages come from."""

from metalctl.boot.build import sources

DEB822 = """# main
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
"""


def test_the_hosts_debian_mirror_is_used_and_other_suites_are_not(tmp_path, monkeypatch):
    monkeypatch.delenv("METALCTL_DEBIAN_MIRROR", raising=False)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list").write_text(
        "deb [arch=amd64] http://sec.example/security bookworm-security main\n"
        "deb http://tool.example/apt tool main\n# deb http://c.example bookworm main\n"
    )
    assert [line.partition("] ")[2] for line in sources.lines("bookworm", ["main", "contrib"], tmp_path)] == [
        "http://sec.example/security bookworm-security main contrib",
        "http://mirror.example/debian bookworm main contrib",
        "http://mirror.example/debian bookworm-updates main contrib",
    ]


def test_a_host_of_another_distribution_takes_the_public_mirror_with_security(tmp_path, monkeypatch):
    monkeypatch.delenv("METALCTL_DEBIAN_MIRROR", raising=False)
    (tmp_path / "sources.list").write_text("deb http://archive.example/ubuntu noble main\n")
    suites = [line.split()[3] for line in sources.lines("bookworm", ["main"], tmp_path)]
    assert suites == ["bookworm", "bookworm-updates", "bookworm-security"]


def test_the_environment_names_another_mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("METALCTL_DEBIAN_MIRROR", "http://here.example/debian")
    assert all("http://here.example/debian bookworm" in line for line in sources.lines("bookworm", ["main"], tmp_path))
