"""E-mail addresses: validation, and one normal form for storing and comparing them."""

from email.headerregistry import Address
from email.utils import parseaddr
from typing import TYPE_CHECKING

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.normal_form import single_line
from infocus_graphql.core.wording import label

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

_MAX_LENGTH = 254


def valid_email(value: str, *path: str) -> str:
    """The address in its stored form: lower case, domain in Unicode. Refuses an invalid address."""
    address = normalised(value)
    if address is None:
        raise refused(
            ErrorCode.INVALID, f"{label(path, otherwise='address')} must look like ann@example.com.", *path
        )
    return address


def normalised(value: str) -> str | None:
    """The stored form of an address, or None if it is invalid. Makes no DNS lookup.

    Unlike in names, invisible characters are not removed: an address with one is invalid.
    """
    text = value.strip()
    if len(text) > _MAX_LENGTH:
        return None
    try:
        found = _validated(text)
    except ValueError:
        return None
    return single_line(found.normalized.lower())


def sender(value: str) -> Address:
    """Parses one sender, such as `InFocus <no-reply@example.org>`. Raises ValueError for anything else."""
    name, address = parseaddr(value)
    if not value.isprintable() or not (value == address or value.endswith(f"<{address}>")):
        raise ValueError("not a single sender address")
    return Address(name, addr_spec=ascii_form(address))


def ascii_form(address: str) -> str:
    """The address with its domain in ASCII (Punycode), as DNS has it. Raises ValueError if it is invalid."""
    found = _validated(address)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def _validated(address: str) -> "ValidatedEmail":
    """The parts of an address, checked without DNS. Raises EmailNotValidError, which is a ValueError."""
    from email_validator import validate_email  # noqa: PLC0415 - it takes 15 ms, and few commands need it

    return validate_email(address, check_deliverability=False, strict=True, test_environment=True)
