"""`infocus dev`: everything that is needed to try the API and to work on it, in one command."""

import asyncio
import json
import shlex
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from infocus_graphql.cli import databases, serving
from infocus_graphql.cli.configuration import checkout, package_folder
from infocus_graphql.cli.problems import Problem
from infocus_graphql.cli.work import services_on

if TYPE_CHECKING:
    from infocus_graphql.core.settings import Settings
    from infocus_graphql.http.explorer import ExplorerConfig

_GRACE_SECONDS: Final = 3
_QUERY: Final = "{ mediaItems(first: 3) { nodes { title } } }"


def run_dev(settings: "Settings", *, reload: bool | None, seed: bool) -> None:
    """Serves a migrated database with demo data until Ctrl-C."""
    if settings.production:
        raise Problem("`infocus dev` is not for production; use `infocus serve`.")
    with databases.ended_by_signals():
        # First of all, so that a taken port is told before anything is started.
        with serving.listen(settings.host, settings.port, "dev") as listener:
            with databases.database(settings) as used:
                asyncio.run(_prepare(settings, used.url, seed=seed))
                reloading = checkout() is not None if reload is None else reload
                explorer = _explorer()
                print(_summary(serving.address_of(listener), used.name, explorer, settings))
                serving.run(
                    serving.Application(settings, used.url, explorer, reloading),
                    listener,
                    grace_seconds=min(settings.shutdown_seconds, _GRACE_SECONDS),
                    watched=package_folder() if reloading else None,
                )


async def _prepare(settings: "Settings", url: str, *, seed: bool) -> None:
    from infocus_graphql.db.migrations import upgrade

    await upgrade(url)
    demo = demo_module()
    if seed and demo is not None:
        async with services_on(settings, url) as services:
            await demo.seed_demo(services)


def demo_module() -> Any:
    """The module with the demo data; None in a package that was made without it."""
    if find_spec("infocus_graphql.seeding.demo") is None:
        return None
    from importlib import import_module

    return import_module("infocus_graphql.seeding.demo")


def _explorer() -> "ExplorerConfig":
    from infocus_graphql.http.explorer import DemoAccount, ExplorerConfig

    accounts = getattr(demo_module(), "DEMO_ACCOUNTS", ())
    return ExplorerConfig(
        demo_accounts=tuple(DemoAccount(each.label, each.email, each.password) for each in accounts)
    )


def _summary(address: str, database: str, explorer: "ExplorerConfig", settings: "Settings") -> str:
    """What a newcomer needs to know, and nothing else."""
    lines = ["", "  InFocus GraphQL is running.", ""]
    if settings.serves_graphiql:
        lines.append(f"  Explorer   {address}/graphiql")
    lines += [f"  API        {address}/graphql", f"  Database   {database}", ""]
    if explorer.demo_accounts:
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
    return "\n".join([*lines, "  Try it", f"    {curl}", "", "  Ctrl-C ends everything.", ""])
