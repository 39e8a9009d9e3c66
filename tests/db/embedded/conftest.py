"""Fixtures: an embedded server per test, and a check that none is left running."""

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
    """A folder with a short path, because the path of a Unix socket is limited to about 100 bytes."""
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
            # 45 MB each, and pytest keeps the folders of three runs.
            shutil.rmtree(data)
    assert left == []


@pytest.fixture(scope="session")
def spare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stopped cluster that tests reuse; copying its thousand files would be slower."""
    place = tmp_path_factory.mktemp("spare") / "data"
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path, spare_cluster: Path) -> Path:
    """A home with a cleanly stopped cluster."""
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
    """A home without a real cluster, for starts that fail before PostgreSQL reads it."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("18\n")
    return home


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Holder]]:
    """Starts holders that are killed after the test."""
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
