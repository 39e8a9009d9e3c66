"""Time-based one-time passwords (TOTP, RFC 6238) as all apps support them: SHA-1, six digits, 30 seconds."""

import hmac
import io
import secrets
from base64 import b32decode, b32encode
from typing import Final
from urllib.parse import quote, urlencode

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_ISSUER: Final = "InFocus"


def new_totp_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return b32encode(secrets.token_bytes(20)).decode()


def code_of(secret: str, step: int) -> str:
    """The code of a time step."""
    digest = hmac.digest(b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_at(seconds: float) -> int:
    """The time step of a Unix time."""
    return int(seconds) // _STEP_SECONDS


def matching_step(secret: str, code: str, *, at: float, after: int | None) -> int | None:
    """The step of a code: the current step or a neighbour, and later than `after`; None without a match."""
    current = step_at(at)
    for step in (current, current - 1, current + 1):
        fits = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if fits and (after is None or step > after):
            return step
    return None


def otpauth_url(secret: str, account: str) -> str:
    """The `otpauth://` link that adds the secret to an authenticator app."""
    label = quote(f"{_ISSUER}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"


def qr_svg(text: str) -> str:
    """The text as a QR code: a complete SVG document."""
    import segno  # noqa: PLC0415 - needed only when a user sets up an authenticator app

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, xmldecl=False, nl=False)
    return out.getvalue().decode()
