"""The top of the command line: serving, checking the installation, and the groups of commands."""

from typing import Annotated

import typer

from infocus_graphql.cli.configuration import env_example, read_settings
from infocus_graphql.cli.db import db
from infocus_graphql.cli.jobs import jobs
from infocus_graphql.cli.schema import schema
from infocus_graphql.cli.seed import seed
from infocus_graphql.cli.user import user

app = typer.Typer(
    help="InFocus GraphQL: an API for families who track films and series together.",
    epilog="With --debug, an error shows where it comes from.",
    no_args_is_help=True,
    add_completion=False,
    # Rich tracebacks show local variables, and there may be passwords among them.
    pretty_exceptions_enable=False,
)
app.add_typer(db, name="db")
app.add_typer(seed, name="seed")
app.add_typer(schema, name="schema")
app.add_typer(user, name="user")
app.add_typer(jobs, name="jobs")

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.")]


@app.command()
def dev(
    host: Host = None,
    port: Port = None,
    reload: Annotated[
        bool | None, typer.Option(help="Restart when code changes; by default in a checkout.")
    ] = None,
    seed: Annotated[bool, typer.Option(help="Fill in the demo data.")] = True,
) -> None:
    """Serve for development: own database, migrations, demo data, explorer."""
    from infocus_graphql.cli.dev import run_dev

    run_dev(read_settings(host=host, port=port), reload=reload, seed=seed)


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(help="Number of processes.")] = None,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do background jobs, too; else run `infocus worker`.")
    ] = False,
) -> None:
    """Serve as in production; run `infocus db upgrade` before."""
    from infocus_graphql.cli import databases, serving

    settings = read_settings(host=host, port=port, workers=workers)
    with databases.ended_by_signals():
        with serving.listen(settings.host, settings.port, "serve") as listener:
            settings = serving.settings_on(listener, settings)
            with databases.database(settings) as used:
                typer.echo(f"Serving {serving.address_of(listener)}/graphql on {used.name}.")
                if not with_worker:
                    typer.echo("Background jobs, such as mails, wait for `infocus worker`.")
                serving.run(
                    serving.AppFactory(settings, used.url, with_worker=with_worker),
                    listener,
                    drain_seconds=settings.drain_seconds,
                    grace_seconds=settings.shutdown_seconds,
                    workers=settings.workers,
                )


@app.command()
def worker() -> None:
    """Do background jobs, such as sending mails, until Ctrl-C; run as many as you like."""
    from infocus_graphql.cli.worker import run_worker

    run_worker(read_settings())


@app.command()
def doctor() -> None:
    """Check settings, database, keys, port and disk, in plain words."""
    from infocus_graphql.cli.doctor import examine

    if not examine():
        raise typer.Exit(1)


@app.command("env-example")
def show_env_example() -> None:
    """Print every setting with its meaning, as the file .env.example holds them."""
    typer.echo(env_example(), nl=False)
