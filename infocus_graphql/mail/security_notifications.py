"""Mails that tell people of a change to the keys of their account, so that a thief makes it in the open."""

from datetime import datetime
from typing import Final

from infocus_graphql.core.client_info import ClientInfo
from infocus_graphql.mail.layout import Paragraph
from infocus_graphql.mail.message import Message, one_line
from infocus_graphql.mail.templates import format_location, format_time, greeting

_LONGEST_NAME: Final = 100
_NOT_YOU: Final = "If that was not you, somebody else can use your account: "


def password_was_changed(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Tells of a new password, whichever way it was set."""
    return _notice(
        to,
        "Your password was changed",
        name,
        f"On {_told(at, where)} the password of your account was changed.",
        "ask for a new password at once, which signs everybody out.",
    )


def second_factor_was_added(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Tells that signing in takes a code from now on."""
    return _notice(
        to,
        "Your second factor was turned on",
        name,
        f"On {_told(at, where)} a second factor was turned on. From now on signing in takes a code, too. "
        "Keep the backup codes where you find them without your phone.",
        "write to the people who run this server.",
    )


def second_factor_was_removed(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Tells that the password is enough from now on."""
    return _notice(
        to,
        "Your second factor was turned off",
        name,
        f"On {_told(at, where)} your second factor was turned off. From now on the password is enough.",
        "change your password, and turn it on again.",
    )


def api_token_was_made(to: str, *, name: str | None, token: str, where: ClientInfo, at: datetime) -> Message:
    """Tells of a new API token; its name was chosen by whoever made it."""
    return _notice(
        to,
        "An API token was made for your account",
        name,
        f"On {_told(at, where)} the API token “{one_line(token, _LONGEST_NAME)}” was made. "
        "A program that has it acts for you.",
        "revoke the token, and change your password.",
    )


def passkey_was_added(to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime) -> Message:
    """Tells that a new passkey opens the account; its name was chosen by whoever added it."""
    return _notice(
        to,
        "A passkey was added to your account",
        name,
        f"On {_told(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was added. "
        "From now on it signs in, without the password.",
        "remove the passkey, and change your password, which signs you out everywhere else.",
    )


def passkey_was_removed(
    to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime
) -> Message:
    """Tells that a passkey opens the account no more."""
    return _notice(
        to,
        "A passkey was removed from your account",
        name,
        f"On {_told(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was removed. It signs in no "
        "more; your password does.",
        "change your password, which signs you out everywhere else.",
    )


def passkey_was_refused(
    to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime
) -> Message:
    """Warns that a passkey was used whose counter has not gone on, as that of a copy would not."""
    return _notice(
        to,
        "One of your passkeys was refused",
        name,
        f"On {_told(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was used, and it looked as "
        "if there were a copy of it. We have let nobody in. That can happen by a mistake of a device, or "
        "because somebody has copied the passkey.",
        "sign in by your password, remove this passkey, and add a new one.",
    )


def _notice(to: str, subject: str, name: str | None, told: str, advice: str) -> Message:
    return Message.compose(to, subject, greeting(name), Paragraph(told), Paragraph(_NOT_YOU + advice))


def _told(at: datetime, where: ClientInfo) -> str:
    return f"{format_time(at)}{format_location(where.device, where.ip_prefix)}"
