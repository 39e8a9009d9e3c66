"""One-time codes by time after RFC 6238, in the form that all apps know: SHA-1, six digits, 30 seconds."""

import hmac
import io
import secrets
from base64 import b32decode, b32encode
from typing import Final
from urllib.parse import quote, urlencode

import segno

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_ISSUER: Final = "InFocus"


def new_totp_secret() -> str:
    """160 random bits in base 32, as RFC 4226 advises."""
    return b32encode(secrets.token_bytes(20)).decode()


def code_of(secret: str, step: int) -> str:
    """The code of one step of time."""
    digest = hmac.digest(b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_at(seconds: float) -> int:
    """The step of a time in seconds since 1970."""
    return int(seconds) // _STEP_SECONDS


def matching_step(secret: str, code: str, *, at: float, after: int | None) -> int | None:
    """The step that the code is of: the present one or a neighbour, as clocks differ; later than `after`."""
    present = step_at(at)
    for step in (present, present - 1, present + 1):
        fits = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if fits and (after is None or step > after):
            return step
    return None


def otpauth_url(secret: str, account: str) -> str:
    """What an app has to be told, as a link that opens one."""
    label = quote(f"{_ISSUER}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"


def qr_svg(text: str) -> str:
    """The text as a QR code: a whole SVG document."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, xmldecl=False, nl=False)
    return out.getvalue().decode()
