"""`infocus dev`: one command that starts everything needed to try the API and to develop it."""

import asyncio
import json
import shlex
from typing import TYPE_CHECKING, Final

from infocus_graphql.cli import databases, serving
from infocus_graphql.cli.configuration import checkout, package_folder
from infocus_graphql.cli.errors import CliError
from infocus_graphql.cli.services import open_services
from infocus_graphql.cli.tmdb_source import catalogue_source

if TYPE_CHECKING:
    from infocus_graphql.http.explorer import ExplorerConfig
    from infocus_graphql.settings import Settings

_GRACE_SECONDS: Final = 3
_QUERY: Final = "{ discoverMedia(first: 3) { nodes { title } } }"


def run_dev(settings: "Settings", *, reload: bool | None, seed: bool) -> None:
    """Serves a migrated database with demo data until Ctrl-C."""
    if settings.production:
        raise CliError("`infocus dev` is not for production; use `infocus serve`.")
    with databases.ended_by_signals():
        # First, so that a port in use is reported before anything starts.
        with serving.listen(settings.host, settings.port, "dev") as listener:
            settings = serving.settings_on(listener, settings)
            with databases.database(settings) as used, catalogue_source(settings) as (settings, source):
                databases.migrate(settings, used)
                if seed:
                    asyncio.run(_seed(settings, used.url))
                reloading = checkout() is not None if reload is None else reload
                explorer = _explorer() if seed else None
                address = serving.address_of(listener)
                # Flushed, because standard output may be a pipe or a file.
                print(_summary(address, used.name, source, explorer, settings), flush=True)
                serving.run(
                    serving.AppFactory(settings, used.url, explorer, reloading, with_worker=True),
                    listener,
                    drain_seconds=0,  # there is no load balancer
                    grace_seconds=min(settings.shutdown_seconds, _GRACE_SECONDS),
                    watched=package_folder() if reloading else None,
                )


async def _seed(settings: "Settings", url: str) -> None:
    from infocus_graphql.seeding.catalogue import seed_catalogue
    from infocus_graphql.seeding.demo import DEMO_TITLES, seed_demo
    from infocus_graphql.tmdb.errors import TmdbError

    async with open_services(settings, url) as services:
        if services.tmdb is not None:
            try:
                await seed_catalogue(services.database, services.tmdb, DEMO_TITLES)
            except TmdbError as error:
                print(f"No titles were fetched from TMDB: {error}", flush=True)
        await seed_demo(services)


def _explorer() -> "ExplorerConfig":
    from infocus_graphql.examples import examples
    from infocus_graphql.http.explorer import DemoAccount, ExampleTab, ExplorerConfig
    from infocus_graphql.seeding.demo import DEMO_ACCOUNTS

    accounts = (DemoAccount(each.label, each.email, each.password) for each in DEMO_ACCOUNTS)
    tabs = (ExampleTab(query=each.query, title=each.title) for each in examples())
    return ExplorerConfig(demo_accounts=tuple(accounts), tabs=tuple(tabs))


def _summary(
    address: str, database: str, source: str, explorer: "ExplorerConfig | None", settings: "Settings"
) -> str:
    """The start-up message: addresses, demo accounts and an example request."""
    lines = ["", "  InFocus GraphQL is running.", ""]
    if settings.serves_graphiql:
        lines.append(f"  Explorer   {address}/graphiql")
    if settings.serves_data_browser:
        lines.append(f"  Data       {address}/admin (staff only, such as Maya)")
    lines += [f"  API        {address}/graphql", f"  Database   {database}", f"  Catalogue  {source}"]
    if settings.mail_backend.value == "file":
        lines.append(f"  Mails      {settings.data_dir / 'mail'}")
    lines.append("")
    if explorer is not None:
        wide = max(len(each.label) for each in explorer.demo_accounts)
        broad = max(len(each.email) for each in explorer.demo_accounts)
        lines.append("  Demo accounts")
        lines += [
            f"    {each.label:{wide}}  {each.email:{broad}}  {each.password}"
            for each in explorer.demo_accounts
        ]
        lines.append("")
    body = shlex.quote(json.dumps({"query": _QUERY}))
    curl = f"curl -s {address}/graphql -H 'Content-Type: application/json' -d {body}"
    return "\n".join([*lines, "  Try it", f"    {curl}", "", "  Press Ctrl-C to stop.", ""])
