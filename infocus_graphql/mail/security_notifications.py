"""Mails that notify users of changes to their credentials, so that attackers can't change them unnoticed."""

from datetime import datetime
from typing import Final

from infocus_graphql.core.client_info import ClientInfo
from infocus_graphql.mail.layout import Paragraph
from infocus_graphql.mail.message import Message, one_line
from infocus_graphql.mail.templates import format_location, format_time, greeting

_LONGEST_NAME: Final = 100
_NOT_YOU: Final = "If this was not you, someone else may have access to your account: "


def password_was_changed(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Notifies of a changed or reset password."""
    return _notice(
        to,
        "Your password was changed",
        name,
        f"On {_when_and_where(at, where)} the password of your account was changed.",
        "reset your password now, which signs out all devices.",
    )


def second_factor_was_added(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Notifies that sign-in now requires a code."""
    return _notice(
        to,
        "Your second factor was turned on",
        name,
        f"On {_when_and_where(at, where)} a second factor was turned on. Signing in now also requires a "
        "code. Keep the backup codes in a place that you can reach without your phone.",
        "contact the operators of this server.",
    )


def second_factor_was_removed(to: str, *, name: str | None, where: ClientInfo, at: datetime) -> Message:
    """Notifies that sign-in no longer requires a code."""
    return _notice(
        to,
        "Your second factor was turned off",
        name,
        f"On {_when_and_where(at, where)} your second factor was turned off. Signing in now requires only "
        "your password.",
        "change your password, and turn the second factor on again.",
    )


def api_token_was_created(
    to: str, *, name: str | None, token: str, where: ClientInfo, at: datetime
) -> Message:
    """Notifies of a new API token; its name is user input."""
    return _notice(
        to,
        "An API token was created for your account",
        name,
        f"On {_when_and_where(at, where)} the API token “{one_line(token, _LONGEST_NAME)}” was created. "
        "Programs that have it can act on your behalf.",
        "revoke the token, and change your password.",
    )


def passkey_was_added(to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime) -> Message:
    """Notifies of a new passkey; its name is user input."""
    return _notice(
        to,
        "A passkey was added to your account",
        name,
        f"On {_when_and_where(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was added. "
        "It signs in to your account without the password.",
        "remove the passkey, and change your password, which signs out all other devices.",
    )


def passkey_was_removed(
    to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime
) -> Message:
    """Notifies that a passkey was removed."""
    return _notice(
        to,
        "A passkey was removed from your account",
        name,
        f"On {_when_and_where(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was removed. It "
        "no longer signs in to your account; your password still does.",
        "change your password, which signs out all other devices.",
    )


def passkey_was_rejected(
    to: str, *, name: str | None, passkey: str, where: ClientInfo, at: datetime
) -> Message:
    """Warns that a passkey was used whose signature counter did not increase, which suggests a copy."""
    return _notice(
        to,
        "One of your passkeys was rejected",
        name,
        f"On {_when_and_where(at, where)} the passkey “{one_line(passkey, _LONGEST_NAME)}” was used in a way "
        "that suggests a copy of it exists. We rejected the sign-in. The cause may be a faulty device, or "
        "someone may have copied the passkey.",
        "sign in with your password, remove this passkey, and add a new one.",
    )


def _notice(to: str, subject: str, name: str | None, event: str, advice: str) -> Message:
    return Message.compose(to, subject, greeting(name), Paragraph(event), Paragraph(_NOT_YOU + advice))


def _when_and_where(at: datetime, where: ClientInfo) -> str:
    return f"{format_time(at)}{format_location(where.device, where.ip_prefix)}"
