"""The top-level commands: serving, the worker, the doctor, and the command groups."""

from typing import Annotated

import typer

from infocus_graphql.cli.catalogue import catalogue
from infocus_graphql.cli.configuration import env_example, read_settings
from infocus_graphql.cli.db import db
from infocus_graphql.cli.jobs import jobs
from infocus_graphql.cli.schema import schema
from infocus_graphql.cli.seed import seed
from infocus_graphql.cli.user import user

app = typer.Typer(
    help="InFocus GraphQL: an API for families who track films and series together.",
    epilog="With --debug, errors show a traceback.",
    no_args_is_help=True,
    add_completion=False,
    # Rich tracebacks show local variables, including passwords.
    pretty_exceptions_enable=False,
)
app.add_typer(db, name="db")
app.add_typer(seed, name="seed")
app.add_typer(schema, name="schema")
app.add_typer(user, name="user")
app.add_typer(jobs, name="jobs")
app.add_typer(catalogue, name="catalogue")

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 selects a free one.")]


@app.command()
def dev(
    host: Host = None,
    port: Port = None,
    reload: Annotated[
        bool | None, typer.Option(help="Restart when the code changes. Default: on in a checkout.")
    ] = None,
    seed: Annotated[bool, typer.Option(help="Load the demo data.")] = True,
) -> None:
    """Serve for development, with migrations, demo data and the explorer."""
    from infocus_graphql.cli.dev import run_dev

    run_dev(read_settings(host=host, port=port), reload=reload, seed=seed)


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(help="Number of server processes.")] = None,
    with_worker: Annotated[
        bool,
        typer.Option("--with-worker", help="Also run background jobs; otherwise run `infocus worker`."),
    ] = False,
) -> None:
    """Serve in production. Run `infocus db upgrade` first."""
    from infocus_graphql.cli import databases, serving

    settings = read_settings(host=host, port=port, workers=workers)
    with databases.ended_by_signals():
        with serving.listen(settings.host, settings.port, "serve") as listener:
            settings = serving.settings_on(listener, settings)
            with databases.database(settings) as used:
                typer.echo(f"Serving {serving.address_of(listener)}/graphql on {used.name}.")
                if not with_worker:
                    typer.echo("Background jobs, such as mails, need `infocus worker`.")
                serving.run(
                    serving.AppFactory(settings, used.url, with_worker=with_worker),
                    listener,
                    drain_seconds=settings.drain_seconds,
                    grace_seconds=settings.shutdown_seconds,
                    workers=settings.workers,
                )


@app.command()
def worker() -> None:
    """Run background jobs, such as sending mails, until Ctrl-C. Several workers can run at once."""
    from infocus_graphql.cli.worker import run_worker

    run_worker(read_settings())


@app.command()
def doctor() -> None:
    """Check settings, database, migrations, keys, port and disk space."""
    from infocus_graphql.cli.doctor import examine

    if not examine():
        raise typer.Exit(1)


@app.command("env-example")
def show_env_example() -> None:
    """Print all settings with descriptions and defaults (the content of .env.example)."""
    typer.echo(env_example(), nl=False)
