"""The templates of all mails but security notifications; each takes typed values."""

from datetime import UTC, datetime, timedelta
from typing import Final

from infocus_graphql.mail.layout import Button, Paragraph
from infocus_graphql.mail.message import Message, one_line

_LONGEST_NAME: Final = 100
_UNITS: Final = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
_NOT_YOU: Final = "If you did not request this, ignore this e-mail: nothing happens without the link."


def verify_address(to: str, *, name: str | None, link: str, valid_for: timedelta) -> Message:
    """Asks a user to confirm their e-mail address."""
    return Message.compose(
        to,
        "Confirm your address",
        greeting(name),
        Paragraph(
            f"Please confirm that {to} is your e-mail address. "
            f"The link works once and expires in {format_duration(valid_for)}."
        ),
        Button("Confirm the address", link),
        Paragraph(_NOT_YOU),
    )


def reset_password(to: str, *, name: str | None, link: str, valid_for: timedelta) -> Message:
    """Sends the link for choosing a new password."""
    return Message.compose(
        to,
        "Choose a new password",
        greeting(name),
        Paragraph(
            "We received a request to reset your password. The link works once and expires in "
            f"{format_duration(valid_for)}. Choosing a new password signs out all devices."
        ),
        Button("Choose a new password", link),
        Paragraph(_NOT_YOU),
    )


def address_was_changed(to: str, *, name: str | None, new_address: str, at: datetime) -> Message:
    """Notifies the old address of an e-mail address change; the new address is masked."""
    return Message.compose(
        to,
        "Your address was changed",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} the e-mail address of your account was changed from {to} "
            f"to {_masked(new_address)}. "
            "Sign in with the new address from now on; this one receives no further e-mails."
        ),
        Paragraph(
            "If this was not you, someone else may have access to your account: contact the operators of "
            "this server soon."
        ),
    )


def address_is_new(to: str, *, name: str | None, at: datetime) -> Message:
    """Notifies the new address of an e-mail address change."""
    return Message.compose(
        to,
        "This is your address now",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} this became the e-mail address of your account: sign in with it; you will "
            "receive e-mails here. We have notified the old address too."
        ),
    )


def session_was_ended(
    to: str, *, name: str | None, device: str | None, ip_prefix: str | None, at: datetime
) -> Message:
    """Warns that a session was revoked because its refresh token was used twice, which suggests theft."""
    where = format_location(device, ip_prefix)
    return Message.compose(
        to,
        "A sign-in was ended to protect you",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} a refresh token of one of your sign-ins{where} was used a second time. "
            "The cause may be a faulty app, or someone may have copied the token. We have ended that sign-in."
        ),
        Paragraph(
            "Please sign in again. If you don't recognise this device, change your password, which signs out "
            "all other devices."
        ),
    )


def family_invitation(
    to: str, *, inviter: str | None, family: str, link: str, valid_for: timedelta
) -> Message:
    """Invites to a family; the names in it are user input and are quoted."""
    who = f"“{one_line(inviter, _LONGEST_NAME)}”" if inviter else "Someone"
    family = f"“{one_line(family, _LONGEST_NAME)}”"
    return Message.compose(
        to,
        f"Invitation to the family {family}",
        greeting(None),
        Paragraph(
            f"{who} invites you to join the family {family}. Members see what the others want to watch and "
            "how they liked it."
        ),
        Paragraph(f"The invitation is for {to} and expires in {format_duration(valid_for)}."),
        Button("View the invitation", link),
        Paragraph("If you don't know the sender, ignore this e-mail. They are not notified."),
    )


def export_is_ready(to: str, *, name: str | None, until: datetime) -> Message:
    """Notifies that a data export is ready. The mail contains neither the data nor a link to it."""
    return Message.compose(
        to,
        "The copy of your data is ready",
        greeting(name),
        Paragraph(
            f"You can download the copy of your data until {format_time(until)}: sign in and open your "
            "settings. After that it is deleted."
        ),
        Paragraph(
            "If you did not request it, someone else may have access to your account: change your password, "
            "and sign out the devices that you don't recognise."
        ),
    )


def deletion_was_requested(to: str, *, name: str | None, at: datetime) -> Message:
    """Notifies that the account will be deleted, and how to cancel that."""
    return Message.compose(
        to,
        "Your account will be deleted",
        greeting(name),
        Paragraph(
            f"As you requested, your account and all its data will be deleted on {format_time(at)}. "
            "Until then you can use it as before, and cancel the deletion in your settings."
        ),
        Paragraph(
            "If this was not you, someone else knows your password: sign in, cancel the deletion, and change "
            "your password."
        ),
    )


def deletion_was_cancelled(to: str, *, name: str | None) -> Message:
    """Notifies that the deletion of the account was cancelled."""
    return Message.compose(
        to,
        "Your account will not be deleted",
        greeting(name),
        Paragraph("The deletion of your account was cancelled. No data was lost."),
        Paragraph("If this was not you, change your password, and request the deletion again."),
    )


def account_was_deleted(to: str, *, name: str | None, at: datetime) -> Message:
    """Notifies that the account was deleted. It is the last mail; its job is deleted after sending."""
    return Message.compose(
        to,
        "Your account was deleted",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} your account and all its data were deleted, as you requested. "
            "This is the last e-mail; we no longer store your address."
        ),
    )


def account_exists(to: str, *, name: str | None, sign_in_link: str, reset_link: str) -> Message:
    """Replies to a registration with an address that has an account; only its owner learns about that."""
    return Message.compose(
        to,
        "You already have an account",
        greeting(name),
        Paragraph(f"We received a registration for {to}, which already has an account."),
        Button("Sign in", sign_in_link),
        Paragraph("If you have forgotten your password, you can choose a new one."),
        Button("Choose a new password", reset_link),
        Paragraph("If this was not you, ignore this e-mail: nothing was changed."),
    )


def greeting(name: str | None) -> Paragraph:
    """The first line of every mail."""
    shown = one_line(name or "", _LONGEST_NAME)
    return Paragraph(f"Hello {shown}," if shown else "Hello,")


def format_location(device: str | None, ip_prefix: str | None) -> str:
    """Device and network in parentheses; "" if neither is known."""
    known = [one_line(each, _LONGEST_NAME) for each in (device, ip_prefix) if each]
    return f" ({', '.join(known)})" if known else ""


def format_duration(span: timedelta) -> str:
    """A duration in the largest unit that divides it: `2 hours`, `90 minutes`, `7 days`."""
    for unit, word in _UNITS:
        count, rest = divmod(span, unit)
        if count and not rest:
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{round(span.total_seconds())} seconds"


def format_time(at: datetime) -> str:
    """A time in UTC as readable text: `31 January 2026 at 20:15 UTC`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y at %H:%M} UTC"


def _masked(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
