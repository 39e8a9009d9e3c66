"""`infocus user`: lets operators create and promote accounts."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from infocus_graphql.cli.configuration import read_settings

if TYPE_CHECKING:
    from infocus_graphql.settings import Settings

user = typer.Typer(help="Create accounts and manage staff.", no_args_is_help=True)


@user.command()
def create(
    email: str,
    name: Annotated[str | None, typer.Option(help="The displayed name.")] = None,
    staff: Annotated[bool, typer.Option("--staff", help="Make the account staff.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Create an account with a verified e-mail address; prompts for the password."""
    from infocus_graphql.cli.databases import database
    from infocus_graphql.security.passwords import validate_password

    settings = read_settings()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    validate_password(password, "password", hints=(email, name or ""))
    with database(settings) as used:
        user_id = asyncio.run(_create(settings, used.url, email, password, name, staff))
    typer.echo(f"Created {user_id}.")


@user.command()
def promote(email: str) -> None:
    """Make an account staff; takes effect at its next sign-in or refresh."""
    from infocus_graphql.cli.databases import database

    settings = read_settings()
    with database(settings) as used:
        user_id = asyncio.run(_promote(settings, used.url, email))
    typer.echo(f"{user_id} is staff now.")


@user.command()
def demote(email: str) -> None:
    """Revoke an account's staff role and all its sessions; takes effect within a second."""
    from infocus_graphql.cli.databases import database

    settings = read_settings()
    with database(settings) as used:
        user_id = asyncio.run(_demote(settings, used.url, email))
    typer.echo(f"{user_id} is no longer staff; all its sessions were revoked.")


@user.command("remove-second-factor")
def remove_second_factor(email: str) -> None:
    """Remove the second factor of a user who has lost the authenticator app and the backup codes."""
    from infocus_graphql.cli.databases import database

    settings = read_settings()
    with database(settings) as used:
        user_id = asyncio.run(_remove_second_factor(settings, used.url, email))
    typer.echo(f"{user_id} can now sign in with the password alone.")


async def _create(
    settings: "Settings", url: str, email: str, password: str, name: str | None, staff: bool
) -> str:
    from infocus_graphql.cli.services import open_services
    from infocus_graphql.domains.identity.users.writes import create_user

    async with open_services(settings, url) as services:
        password_hash = await services.passwords.hash(password)
        made = await services.database.transaction(
            create_user,
            email=email,
            password_hash=password_hash,
            name=name,
            is_staff=staff,
            verified=True,  # the operator vouches for the address
        )
        return str(made.id)


async def _promote(settings: "Settings", url: str, email: str) -> str:
    from infocus_graphql.cli.services import open_services
    from infocus_graphql.domains.identity.users.writes import promote_to_staff

    async with open_services(settings, url) as services:
        return await services.database.transaction(promote_to_staff, email=email)


async def _demote(settings: "Settings", url: str, email: str) -> str:
    from infocus_graphql.cli.services import open_services
    from infocus_graphql.domains.identity.sessions.writes import demote_from_staff

    async with open_services(settings, url) as services:
        return await services.database.transaction(demote_from_staff, email=email)


async def _remove_second_factor(settings: "Settings", url: str, email: str) -> str:
    from infocus_graphql.cli.services import open_services
    from infocus_graphql.domains.identity.mfa.writes import remove_second_factor

    async with open_services(settings, url) as services:
        return await services.database.transaction(remove_second_factor, email=email)
