"""`infocus schema`: writes and checks schema.graphql, for code generators and reviews."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from infocus_graphql.cli.configuration import checkout
from infocus_graphql.cli.errors import CliError

schema = typer.Typer(help="Write or check schema.graphql.", no_args_is_help=True)

File = Annotated[Path | None, typer.Option("--file", help="Default: schema.graphql; - is standard output.")]
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
    """Fail if the file differs from the output of `infocus schema export`."""
    from infocus_graphql.schema import sdl

    target = _file(file)
    known = target.read_text("utf-8") if target.is_file() else ""
    if known == sdl():
        typer.echo(f"{target.name} is up to date.")
        return
    changes = difflib.unified_diff(known.splitlines(), sdl().splitlines(), "file", "code", n=1)
    for line in list(changes)[:_SHOWN_LINES]:
        typer.echo(line.rstrip("\n"))
    raise CliError(f"{target.name} is out of date; run `infocus schema export`.")


def _file(file: Path | None) -> Path:
    return file or (checkout() or Path.cwd()) / "schema.graphql"
