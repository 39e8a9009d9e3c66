"""`infocus schema`: the file schema.graphql, for clients' code generators and for reviews."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from infocus_graphql.cli.configuration import checkout
from infocus_graphql.cli.errors import CliError

schema = typer.Typer(help="Write or check schema.graphql.", no_args_is_help=True)

File = Annotated[Path | None, typer.Option("--file", help="By default schema.graphql; - is standard output.")]
_SHOWN_LINES = 40


@schema.command()
def export(file: File = None) -> None:
    """Write the schema in the schema definition language."""
    from infocus_graphql.schema import sdl

    if file == Path("-"):
        typer.echo(sdl(), nl=False)
        return
    target = _file(file)
    target.write_text(sdl(), "utf-8")
    typer.echo(f"Wrote {target}.")


@schema.command()
def check(file: File = None) -> None:
    """Fail when the file is not what `infocus schema export` would write."""
    from infocus_graphql.schema import sdl

    target = _file(file)
    known = target.read_text("utf-8") if target.is_file() else ""
    if known == sdl():
        typer.echo(f"{target.name} is up to date.")
        return
    changes = difflib.unified_diff(known.splitlines(), sdl().splitlines(), "file", "code", n=1)
    for line in list(changes)[:_SHOWN_LINES]:
        typer.echo(line.rstrip("\n"))
    raise CliError(f"{target.name} is not the schema of this code; run `infocus schema export`.")


def _file(file: Path | None) -> Path:
    return file or (checkout() or Path.cwd()) / "schema.graphql"
