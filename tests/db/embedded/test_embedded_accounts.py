"""The OS user that runs the server: an ordinary user, root in a user namespace, or `nobody`."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .servers import ENVIRONMENT, HOLDER, QUICK, postgres_below

NOBODY = pwd.getpwnam("nobody")
REFUSE_NAMESPACES = Path(__file__).with_name("without_namespaces.py")
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other OS users can access, unlike pytest's."""
    directory = Path(tempfile.mkdtemp(prefix="infocus test ", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    left = postgres_below(directory)
    shutil.rmtree(directory)
    assert left == []


def run_holder(home: Path, *before: str, python: str = sys.executable, **how: Any) -> list[Any]:
    """Runs a holder that ends at once and returns its report."""
    done = subprocess.run(
        [python, *before, str(HOLDER), str(home), json.dumps(QUICK)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
        **how,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def python_for_nobody() -> str:
    """Returns an interpreter that the user `nobody` can run with the installed packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    check = ["-c", "import asyncpg"]
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run(
                [candidate, *check],
                user=NOBODY.pw_uid,
                group=NOBODY.pw_gid,
                extra_groups=[],
                env=ENVIRONMENT,
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    pytest.skip("no interpreter here can be run by the user nobody")


@only_root
def test_an_ordinary_user_runs_the_server_directly(open_directory: Path) -> None:
    os.chown(open_directory, NOBODY.pw_uid, NOBODY.pw_gid)
    started, ended = run_holder(
        open_directory / "home",
        python=python_for_nobody(),
        user=NOBODY.pw_uid,
        group=NOBODY.pw_gid,
        extra_groups=[],
    )
    assert started["uid"] == NOBODY.pw_uid
    assert (started["created"], started["value"], ended["stopped"]) == (True, 42, True)


@only_root
def test_root_keeps_its_files_with_a_user_namespace(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    home = tmp_path / "private" / "home"
    started, ended = run_holder(home)
    assert (started["created"], started["value"], ended["stopped"]) == (True, 42, True)
    assert {path.lstat().st_uid for path in home.rglob("*")} == {0}


@only_root
def test_without_user_namespaces_the_server_runs_as_nobody(open_directory: Path) -> None:
    home = open_directory / "home"
    started, ended = run_holder(home, str(REFUSE_NAMESPACES))
    assert (started["created"], started["value"], ended["stopped"]) == (True, 42, True)
    assert (home / "data").stat().st_uid == NOBODY.pw_uid
    # An existing cluster keeps its owner, with or without namespaces.
    for before in ([], [str(REFUSE_NAMESPACES)]):
        started, ended = run_holder(home, *before)
        assert (started["created"], started["value"], ended["stopped"]) == (False, 42, True)
    assert (home / "data").stat().st_uid == NOBODY.pw_uid


@only_root
def test_root_runs_another_users_home_as_that_user(open_directory: Path) -> None:
    home = open_directory / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    started, ended = run_holder(home)
    assert (started["created"], started["value"], ended["stopped"]) == (True, 42, True)
    assert {path.lstat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}


@only_root
def test_an_inaccessible_home_prints_a_solution(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    with pytest.raises(AssertionError, match=r"(?s)user namespace.*INFOCUS_DATABASE_URL"):
        run_holder(tmp_path / "private" / "home", str(REFUSE_NAMESPACES))
    assert (tmp_path / "private" / "home").stat().st_uid == 0
