"""`infocus catalogue` on a local TMDB."""

import asyncio
import subprocess
from pathlib import Path

from infocus_graphql.cli.doctor import Severity, check_tmdb
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.settings import Settings
from tests.cli.conftest import PATIENCE, environment
from tests.support.commands import run_command
from tests.support.tmdb import TMDB_KEY


async def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command while this process serves TMDB."""
    return await asyncio.to_thread(
        run_command, arguments, folder, environment(**variables), stdin="", timeout=PATIENCE
    )


async def test_verify_checks_every_field_of_known_titles(
    tmp_path: Path, tmdb_url: str, local: LocalTmdb
) -> None:
    variables = {"INFOCUS_TMDB_URL": tmdb_url, "INFOCUS_TMDB_KEY": TMDB_KEY}
    variables["INFOCUS_TMDB_EXPORTS_URL"] = f"{tmdb_url.removesuffix('/3')}/p/exports"
    local.changes.record("movie", 550)
    done = await run(tmp_path, "catalogue", "verify", **variables)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "All 12 titles and all lists are as expected." in done.stdout
    assert "not endorsed or certified by TMDB" in done.stdout

    local.faults.plan(Fault.EMPTY_BLOCKS, path="/movie/550", times=1)
    local.catalogue.remove("tv", 1438)
    local.catalogue.change("tv", 1396, title="Breaking Good", seasons=(7,))
    local.changes.clear()
    local.faults.plan(Fault.NO_SUCCESS, path="/genre")
    local.faults.plan(Fault.SERVER_ERROR, path="/find", times=4)
    local.faults.plan(Fault.CUT_LINE, path="/p/exports")
    local.faults.plan(Fault.KEY_REJECTED, path="/certification")
    done = await run(tmp_path, "catalogue", "verify", **variables)
    assert done.returncode == 1
    assert "8 checks failed." in done.stderr
    assert "FAIL  changes: no changes since yesterday" in done.stdout
    assert "FAIL  export: 1 lines can't be read; complete: False" in done.stdout
    assert "credits: missing" in done.stdout
    assert "could not be found" in done.stdout
    assert "'Breaking Good', expected 'Breaking Bad'" in done.stdout
    assert "seasons: 1, expected 5" in done.stdout


async def test_without_a_key_the_setting_is_named(tmp_path: Path) -> None:
    done = await run(tmp_path, "catalogue", "verify")
    assert done.returncode == 1
    assert "INFOCUS_TMDB_KEY" in done.stderr


def test_doctor_checks_the_key(settings: Settings, tmdb_url: str, local: LocalTmdb) -> None:
    found = check_tmdb(settings)
    assert (found.mark, found.words) == (Severity.OK, f"{tmdb_url} accepts the key")
    local.faults.plan(Fault.KEY_REJECTED)
    found = check_tmdb(settings)
    assert (found.mark, found.words) == (Severity.FAIL, "INFOCUS_TMDB_KEY: the key is rejected")
    found = check_tmdb(settings.model_copy(update={"tmdb_url": "http://127.0.0.1:1/3"}))
    assert found.mark is Severity.WARN
    assert found.words.startswith("http://127.0.0.1:1/3 does not respond as it should")
