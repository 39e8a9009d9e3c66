"""`infocus doctor`: checks whether the server can run here. Its output contains no secrets."""

import asyncio
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError, describe_error
from infocus_graphql.settings.errors import UnusableSetting

if TYPE_CHECKING:
    from infocus_graphql.settings import Settings

_LITTLE: Final = 1_000_000_000
_TOO_LITTLE: Final = 200_000_000
_OLDEST_SERVER: Final = 15
_TMDB_SECONDS: Final = 5.0


class Severity(Enum):
    """The severity of a result. After a failure, the server can't run or a setting is wrong."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


_COLOURS: Final = {Severity.OK: "green", Severity.WARN: "yellow", Severity.FAIL: "red"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check."""

    mark: Severity
    subject: str
    words: str


def examine() -> bool:
    """Prints all results; returns False if a check failed."""
    import typer

    passed = True
    for finding in findings():
        passed = passed and finding.mark is not Severity.FAIL
        mark = typer.style(f"{finding.mark.value:4}", fg=_COLOURS[finding.mark])
        typer.echo(f"{mark}  {finding.subject:11} {finding.words}")
    return passed


def findings() -> Iterator[CheckResult]:
    """Runs all checks that are possible with the settings."""
    yield CheckResult(Severity.OK, "Python", platform.python_version())
    try:
        settings = read_settings()
    except Exception as error:
        for words in describe_error(error).splitlines():
            yield CheckResult(Severity.FAIL, "Settings", words.removeprefix("Settings: "))
        yield from _unknown_settings()
        return
    yield CheckResult(Severity.OK, "Settings", f"for {settings.env.value}")
    yield from _unknown_settings()
    yield from _database(settings)
    yield _keys(settings)
    yield _passkeys(settings)
    yield check_tmdb(settings)
    yield from _documents(settings)
    yield _plans()
    yield _explorer(settings)
    yield _port(settings)
    yield _disk(settings)


def _unknown_settings() -> Iterator[CheckResult]:
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.unknown_names import unknown_settings

    for each in unknown_settings(Settings):
        yield CheckResult(Severity.WARN, "Settings", str(each))


def _database(settings: "Settings") -> Iterator[CheckResult]:
    from infocus_graphql.cli.databases import database

    try:
        with database(settings) as used:
            version = asyncio.run(_version(used.url))
            old = int(version.partition(".")[0]) < _OLDEST_SERVER
            words = f"{used.name}, PostgreSQL {version}" if used.embedded is None else used.name
            if old:
                words += f"; {_OLDEST_SERVER} or newer is required"
            yield CheckResult(Severity.FAIL if old else Severity.OK, "Database", words)
            yield _migrations(used.url, production=settings.production)
    except Exception as error:
        yield CheckResult(Severity.FAIL, "Database", describe_error(error))


async def _version(url: str) -> str:
    from sqlalchemy import text

    from infocus_graphql.db.session_parameters import single_use_engine

    engine = single_use_engine(url, "infocus-command")
    try:
        async with asyncio.timeout(5), engine.connect() as connection:
            return str(await connection.scalar(text("SHOW server_version")))
    finally:
        await engine.dispose()


def _migrations(url: str, *, production: bool) -> CheckResult:
    from infocus_graphql.db.migrations import status

    try:
        state = asyncio.run(status(url))
    except Exception as error:
        return CheckResult(Severity.FAIL, "Migrations", describe_error(error))
    if state.up_to_date:
        return CheckResult(Severity.OK, "Migrations", f"up to date ({state.current})")
    words = f"{len(state.pending)} pending; run `infocus db upgrade`"
    # `infocus dev` applies them automatically.
    return CheckResult(Severity.FAIL if production else Severity.WARN, "Migrations", words)


def _keys(settings: "Settings") -> CheckResult:
    from infocus_graphql.security.access_tokens import AccessTokens

    try:
        AccessTokens(settings)
    except UnusableSetting as error:
        return CheckResult(Severity.FAIL, "Keys", str(error))
    kids = [*settings.jwt_key_files, *settings.jwt_keys]
    if kids:
        return CheckResult(Severity.OK, "Keys", f"{len(kids)} configured; {kids[0]!r} signs")
    return CheckResult(Severity.OK, "Keys", f"development key, in {settings.data_dir}")


def _passkeys(settings: "Settings") -> CheckResult:
    from infocus_graphql.security.passkey_support import passkeys_installed

    party = settings.relying_party
    if party is not None and passkeys_installed():
        return CheckResult(Severity.OK, "Passkeys", f"for {party.id}, on {', '.join(party.origins)}")
    missing = "no domain" if party is None else "pip install 'infocus-graphql[passkeys]'"
    # A configured domain means that passkeys are wanted.
    wanted = settings.passkey_domain is not None
    return CheckResult(Severity.WARN if wanted else Severity.OK, "Passkeys", f"off ({missing})")


def check_tmdb(settings: "Settings") -> CheckResult:
    """Sends a request with the key, if one is configured."""
    from infocus_graphql.tmdb.errors import KeyRejected, TmdbError
    from infocus_graphql.tmdb.opening import tmdb_client

    async def check() -> None:
        client = tmdb_client(settings)
        if client is not None:
            async with client:
                await client.image_configuration(seconds=_TMDB_SECONDS)

    if settings.tmdb_key is None:
        return CheckResult(Severity.OK, "TMDB", "no key (INFOCUS_TMDB_KEY), so only stored titles are found")
    try:
        asyncio.run(check())
    except KeyRejected:
        return CheckResult(Severity.FAIL, "TMDB", "INFOCUS_TMDB_KEY: the key is rejected")
    except TmdbError as error:
        return CheckResult(
            Severity.WARN, "TMDB", f"{settings.tmdb_url} does not respond as it should: {error}"
        )
    return CheckResult(Severity.OK, "TMDB", f"{settings.tmdb_url} accepts the key")


def _documents(settings: "Settings") -> Iterator[CheckResult]:
    from infocus_graphql.graph.persisted import trusted_documents

    if settings.trusted_documents is not None:
        try:
            number = len(trusted_documents(settings.trusted_documents))
        except UnusableSetting as error:
            yield CheckResult(Severity.FAIL, "Documents", str(error))
        else:
            yield CheckResult(Severity.OK, "Documents", f"{number} trusted, in {settings.trusted_documents}")


def _plans() -> CheckResult:
    """The example operations are compiled to SQL: a failure here is a fault of the program."""
    from infocus_graphql.examples import examples
    from infocus_graphql.graph.plan.self_check import unplanned_reason
    from infocus_graphql.schema import schema

    found = []
    compiled = [example for example in examples() if not example.is_subscription]
    for example in compiled:
        try:
            reason = unplanned_reason(schema, example.query, {})
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason is not None:
            found.append(f"{example.name}: {reason}")
    if found:
        return CheckResult(Severity.FAIL, "Plans", "; ".join(found))
    return CheckResult(Severity.OK, "Plans", f"the {len(compiled)} example operations compile")


def _explorer(settings: "Settings") -> CheckResult:
    from infocus_graphql.http.explorer import BUILT_PAGE

    if not settings.serves_graphiql:
        return CheckResult(Severity.OK, "Explorer", "not served")
    if (BUILT_PAGE / "index.html").is_file():
        return CheckResult(Severity.OK, "Explorer", "GraphiQL is built")
    words = "GraphiQL is not built, a small page is served instead; run `make graphiql`"
    return CheckResult(Severity.WARN, "Explorer", words)


def _port(settings: "Settings") -> CheckResult:
    from infocus_graphql.cli.serving import listen

    try:
        listen(settings.host, settings.port, "serve").close()
    except CliError as problem:
        # The program that uses the port may be this server, already running.
        return CheckResult(Severity.WARN, "Port", str(problem))
    return CheckResult(Severity.OK, "Port", f"{settings.port} on {settings.host} is free")


def _disk(settings: "Settings") -> CheckResult:
    place = settings.data_dir.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    mark = Severity.OK if free > _LITTLE else Severity.WARN if free > _TOO_LITTLE else Severity.FAIL
    return CheckResult(mark, "Disk", f"{free / 1_000_000_000:.1f} GB free in {place}")
