"""Servers of their own for every test, and proof that none remains."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infocus_graphql.db.embedded import EmbeddedPostgres

from .servers import QUICK, Holder, postgres_below


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short path: pytest's own ones leave no room for a socket's name below them."""
    path = Path(tempfile.mkdtemp(prefix="infocus-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_left_running(tmp_path: Path, spare_cluster: Path) -> Iterator[None]:
    yield
    left = postgres_below(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    for data in (*tmp_path.glob("*/data"), *tmp_path.glob("*/*/data")):
        if (data / "global").exists() and not left and not spare_cluster.exists():
            data.rename(spare_cluster)
        else:
            # 45 MB each: pytest would keep those of three runs.
            shutil.rmtree(data)
    assert left == []


@pytest.fixture(scope="session")
def spare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a stopped cluster waits between tests; copying its thousand files costs more."""
    place = tmp_path_factory.mktemp("spare") / "data"
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path, spare_cluster: Path) -> Path:
    """A home with a cluster that was stopped properly."""
    home = tmp_path / "home"
    if spare_cluster.exists():
        home.mkdir()
        spare_cluster.rename(home / "data")
    else:
        with EmbeddedPostgres(home, settings=QUICK):
            pass
    return home


@pytest.fixture
def shell_of_a_home(tmp_path: Path) -> Path:
    """A home that only looks used, for starts that fail before PostgreSQL reads anything."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("18\n")
    return home


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Holder]]:
    """Start holders that don't outlive the test."""
    holders: list[Holder] = []

    def start(home: Path) -> Holder:
        holders.append(Holder(home))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()
        for stream in (holder.process.stdin, holder.process.stdout):
            if stream is not None:
                stream.close()
