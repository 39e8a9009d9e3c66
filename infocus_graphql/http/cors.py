"""Pages of other origins that may use the API: those on a list, and no others."""

from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_PREFLIGHT_SECONDS: Final = 600
_ASKED: Final = (
    "Authorization",
    "Content-Type",
    "X-Request-ID",
    "Idempotency-Key",
    "Apollo-Require-Preflight",
)
_SHOWN: Final = (
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-Request-ID",
)


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application, answering browsers that ask for these origins; as it is without any.

    Answers name the very origin that asked, so that credentials can go along, and never `*`.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=_ASKED,
        expose_headers=_SHOWN,
        allow_credentials=True,
        max_age=_PREFLIGHT_SECONDS,
    )
