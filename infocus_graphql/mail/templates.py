"""The mails there are: each takes typed values, and knows nothing of who calls it."""

from datetime import UTC, datetime, timedelta
from typing import Final

from infocus_graphql.mail.layout import Button, Paragraph
from infocus_graphql.mail.message import Message, one_line

_LONGEST_NAME: Final = 100
_UNITS: Final = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
_NOT_YOU: Final = "If you have not asked for this, you need do nothing: without the link nothing happens."


def verify_address(to: str, *, name: str | None, link: str, valid_for: timedelta) -> Message:
    """Asks the person who has given this address to confirm that it is theirs."""
    return Message.compose(
        to,
        "Confirm your address",
        greeting(name),
        Paragraph(
            f"Please confirm that {to} is your address. "
            f"The link works once, for {format_duration(valid_for)}."
        ),
        Button("Confirm the address", link),
        Paragraph(_NOT_YOU),
    )


def reset_password(to: str, *, name: str | None, link: str, valid_for: timedelta) -> Message:
    """Brings the link to choose a new password with."""
    return Message.compose(
        to,
        "Choose a new password",
        greeting(name),
        Paragraph(
            "Somebody, hopefully you, has asked for a new password. "
            f"The link works once, for {format_duration(valid_for)}. A new password signs you out everywhere."
        ),
        Button("Choose a new password", link),
        Paragraph(_NOT_YOU),
    )


def address_was_changed(to: str, *, name: str | None, new_address: str, at: datetime) -> Message:
    """Tells the old address that another one has taken its place; most of that one stays hidden."""
    return Message.compose(
        to,
        "Your address was changed",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} the address of your account was changed from {to} "
            f"to {_masked(new_address)}. "
            "From now on you sign in with the new one, and this one gets no more mails."
        ),
        Paragraph(
            "If that was not you, somebody else can use your account: answer quickly, and write to the "
            "people who run this server."
        ),
    )


def address_is_new(to: str, *, name: str | None, at: datetime) -> Message:
    """Tells the new address that it has become the one of an account."""
    return Message.compose(
        to,
        "This is your address now",
        greeting(name),
        Paragraph(
            f"Since {format_time(at)} this is the address of your account: you sign in with it, and mails "
            "come here. The old address was told, too."
        ),
    )


def session_was_ended(
    to: str, *, name: str | None, device: str | None, ip_prefix: str | None, at: datetime
) -> Message:
    """Warns that a refresh token came a second time, as a stolen one would, and that its session is over."""
    where = format_location(device, ip_prefix)
    return Message.compose(
        to,
        "A sign-in was ended to protect you",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} a key of one of your sign-ins{where} was used a second time. That can "
            "happen by a mistake of an app, or because somebody has copied it. We have ended that sign-in."
        ),
        Paragraph(
            "Please sign in again. If you don't know this device, change your password: that signs you out "
            "everywhere else."
        ),
    )


def family_invitation(
    to: str, *, inviter: str | None, family: str, link: str, valid_for: timedelta
) -> Message:
    """Invites to a family; the names in it were chosen by people and are quoted as such."""
    who = f"“{one_line(inviter, _LONGEST_NAME)}”" if inviter else "Somebody"
    family = f"“{one_line(family, _LONGEST_NAME)}”"
    return Message.compose(
        to,
        f"Invitation to the family {family}",
        greeting(None),
        Paragraph(
            f"{who} invites you to join the family {family}: its members see what the others want to watch, "
            "and how they liked it."
        ),
        Paragraph(f"The invitation is for {to}, and open for {format_duration(valid_for)}."),
        Button("See the invitation", link),
        Paragraph("If you don't know who this is, you need do nothing. They are not told."),
    )


def export_is_ready(to: str, *, name: str | None, until: datetime) -> Message:
    """Tells that a copy of the person's data can be fetched. It is never in a mail, nor is there a link."""
    return Message.compose(
        to,
        "The copy of your data is ready",
        greeting(name),
        Paragraph(
            f"You can fetch the copy of your data until {format_time(until)}: sign in, and open your "
            "settings. Then it is deleted."
        ),
        Paragraph(
            "If you have not asked for it, somebody else can use your account: change your password, and "
            "end the sessions that you don't know."
        ),
    )


def deletion_was_requested(to: str, *, name: str | None, at: datetime) -> Message:
    """Tells that the account will be deleted, and how to keep it."""
    return Message.compose(
        to,
        "Your account will be deleted",
        greeting(name),
        Paragraph(
            f"As you have asked for, your account and everything in it will be deleted on {format_time(at)}. "
            "Until then you can use it as before, and change your mind in your settings."
        ),
        Paragraph(
            "If that was not you, somebody else knows your password: sign in, cancel the deletion, and "
            "change your password."
        ),
    )


def deletion_was_cancelled(to: str, *, name: str | None) -> Message:
    """Tells that the account stays."""
    return Message.compose(
        to,
        "Your account stays",
        greeting(name),
        Paragraph("The deletion of your account was cancelled. Nothing was lost."),
        Paragraph("If that was not you, change your password, and ask for the deletion again."),
    )


def account_was_deleted(to: str, *, name: str | None, at: datetime) -> Message:
    """Says goodbye. It is the last mail, and what is kept of it is deleted with its sending."""
    return Message.compose(
        to,
        "Your account was deleted",
        greeting(name),
        Paragraph(
            f"On {format_time(at)} your account and everything in it was deleted, as you had asked for. "
            "This is the last mail; your address is not kept any more."
        ),
    )


def account_exists(to: str, *, name: str | None, sign_in_link: str, reset_link: str) -> Message:
    """Answers whoever wanted an account for an address that has one; only its owner learns of it."""
    return Message.compose(
        to,
        "You have an account already",
        greeting(name),
        Paragraph(f"Somebody, hopefully you, wanted an account for {to}. There is one already."),
        Button("Sign in", sign_in_link),
        Paragraph("If you have forgotten the password, you can choose a new one."),
        Button("Choose a new password", reset_link),
        Paragraph("If that was not you, you need do nothing: nothing was changed, and nobody was told."),
    )


def greeting(name: str | None) -> Paragraph:
    """The first line of every mail."""
    shown = one_line(name or "", _LONGEST_NAME)
    return Paragraph(f"Hello {shown}," if shown else "Hello,")


def format_location(device: str | None, ip_prefix: str | None) -> str:
    """From which device and network, in brackets; nothing where neither is known."""
    known = [one_line(each, _LONGEST_NAME) for each in (device, ip_prefix) if each]
    return f" ({', '.join(known)})" if known else ""


def format_duration(span: timedelta) -> str:
    """The time in the largest unit that tells it exactly: `2 hours`, `90 minutes`, `7 days`."""
    for unit, word in _UNITS:
        count, rest = divmod(span, unit)
        if count and not rest:
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{round(span.total_seconds())} seconds"


def format_time(at: datetime) -> str:
    """A time, for people."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y at %H:%M} UTC"


def _masked(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
