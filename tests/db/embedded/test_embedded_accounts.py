"""Whose account the server runs under: an ordinary user's, root's behind a mask, or nobody's."""

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
    """A directory that other users can reach; pytest's own are closed to them."""
    directory = Path(tempfile.mkdtemp(prefix="infocus test ", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    left = postgres_below(directory)
    shutil.rmtree(directory)
    assert left == []


def run_holder(home: Path, *before: str, python: str = sys.executable, **how: Any) -> list[Any]:
    """What a holder of the server reports that ends at once."""
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
    """An interpreter that another user can run with this one's packages."""
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
def test_an_ordinary_user_runs_the_server_plainly(open_directory: Path) -> None:
    os.chown(open_directory, NOBODY.pw_uid, NOBODY.pw_gid)
    started, ended = run_holder(
        open_directory / "home",
        python=python_for_nobody(),
        user=NOBODY.pw_uid,
        group=NOBODY.pw_gid,
        extra_groups=[],
    )
    assert started["uid"] == NOBODY.pw_uid
    assert (started["created"], started["answer"], ended["stopped"]) == (True, 42, True)


@only_root
def test_root_keeps_its_files_behind_the_mask(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    home = tmp_path / "private" / "home"
    started, ended = run_holder(home)
    assert (started["created"], started["answer"], ended["stopped"]) == (True, 42, True)
    assert {path.lstat().st_uid for path in home.rglob("*")} == {0}


@only_root
def test_where_namespaces_are_refused_the_server_runs_as_nobody(open_directory: Path) -> None:
    home = open_directory / "home"
    started, ended = run_holder(home, str(REFUSE_NAMESPACES))
    assert (started["created"], started["answer"], ended["stopped"]) == (True, 42, True)
    assert (home / "data").stat().st_uid == NOBODY.pw_uid
    # Once made, the cluster keeps its owner, with namespaces or without.
    for before in ([], [str(REFUSE_NAMESPACES)]):
        started, ended = run_holder(home, *before)
        assert (started["created"], started["answer"], ended["stopped"]) == (False, 42, True)
    assert (home / "data").stat().st_uid == NOBODY.pw_uid


@only_root
def test_root_leaves_another_users_home_to_that_user(open_directory: Path) -> None:
    home = open_directory / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    started, ended = run_holder(home)
    assert (started["created"], started["answer"], ended["stopped"]) == (True, 42, True)
    assert {path.lstat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}


@only_root
def test_a_home_nobody_can_reach_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    with pytest.raises(AssertionError, match=r"(?s)user namespace.*INFOCUS_DATABASE_URL"):
        run_holder(tmp_path / "private" / "home", str(REFUSE_NAMESPACES))
    assert (tmp_path / "private" / "home").stat().st_uid == 0
