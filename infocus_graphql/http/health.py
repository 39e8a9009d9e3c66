"""Health checks: `/livez` succeeds while the process runs, `/readyz` while it can serve requests."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from infocus_graphql.db.revisions import is_current

log = structlog.get_logger("infocus.health")

_SECONDS: Final = 1.5
_CACHE_SECONDS: Final = 0.5
_PING: Final = text("SELECT 1")
_UNKNOWN: Final = "not known"

Checks = dict[str, str]


class Health:
    """Serves both health checks. Concurrent readiness checks share one database query.

    `warnings` returns what needs a developer's attention although the server serves.
    """

    def __init__(self, engine: AsyncEngine, warnings: Callable[[], Checks] = dict) -> None:
        self._engine, self._warnings = engine, warnings
        self._stopping = False
        self._lock = asyncio.Lock()
        self._checked_at = 0.0
        self._checks: Checks = {}

    def stop(self) -> None:
        """Makes `/readyz` fail from now on, because the server is shutting down."""
        self._stopping = True

    def routes(self) -> list[BaseRoute]:
        """The routes of both checks."""
        return [
            Route("/livez", self._live, methods=["GET"]),
            Route("/readyz", self._ready, methods=["GET"]),
        ]

    async def _live(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, request: Request) -> Response:
        if self._stopping:
            return JSONResponse({"status": "stopping", "checks": {}}, 503)
        async with self._lock:
            # Frequent checks must not load the database.
            if not self._checks or monotonic() - self._checked_at > _CACHE_SECONDS:
                self._checks = await self._check()
                self._checked_at = monotonic()
        ready = all(outcome == "ok" for outcome in self._checks.values())
        status = "ready" if ready else "not ready"
        body: dict[str, object] = {"status": status, "checks": self._checks}
        if warnings := self._warnings():
            body["warnings"] = warnings
        return JSONResponse(body, 200 if ready else 503)

    async def _check(self) -> Checks:
        try:
            async with asyncio.timeout(_SECONDS), self._engine.connect() as connection:
                await connection.execute(_PING)
                current = await is_current(connection)
        except TimeoutError:
            log.warning("not ready", reason="timeout")
            return {"database": f"no response within {_SECONDS:g} seconds", "schema": _UNKNOWN}
        except Exception as error:  # any error means that the database is unusable
            log.warning("not ready", reason=type(error).__name__)
            return {"database": "can't be reached", "schema": _UNKNOWN}
        if not current:
            log.warning("not ready", reason="schema")
        return {"database": "ok", "schema": "ok" if current else "not the revision of this server"}
