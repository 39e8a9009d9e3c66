"""GraphQL over HTTP at one address: a request comes in, the engine runs it, an answer goes out."""

import asyncio
from time import perf_counter
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Answer, Engine, Request
from infocus_graphql.http.auth import client_of, refuse_foreign_origin, viewer_of
from infocus_graphql.http.cookies import refresh_cookie_header
from infocus_graphql.http.incoming import request_of_body, request_of_query_string
from infocus_graphql.http.logs import log_operation
from infocus_graphql.http.media_types import GRAPHQL_RESPONSE, JSON, answer_type
from infocus_graphql.http.problems import ClientGone, HttpProblem, problem_response

_METHODS: Final = {"GET", "POST"}
_OPERATION_SECONDS: Final = 10.0
_BODY_SECONDS: Final = 30.0


class Endpoint:
    """The ASGI application behind `/graphql`; follows the GraphQL-over-HTTP specification."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        *,
        operation_seconds: float = _OPERATION_SECONDS,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._engine = engine
        self._services = services
        self._operation_seconds = operation_seconds
        self._body_seconds = body_seconds
        # The event loop holds tasks weakly; these must be finished even if nobody waits for them.
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        exchange = _Exchange(scope)
        try:
            if exchange.method not in _METHODS:
                raise _method_not_allowed("Use POST, or GET for queries.", "GET, POST")
            exchange.media_type = _negotiated(exchange.headers)
            exchange.request = await self._request(exchange, receive)
            response = await self._run(exchange, exchange.request)
        except ClientGone:
            return
        except HttpProblem as problem:
            exchange.codes = [problem.code]
            response = problem_response(problem, exchange.media_type)
        exchange.log(response.status_code)
        await response(scope, receive, send)

    async def _request(self, exchange: "_Exchange", receive: Receive) -> Request:
        refuse_foreign_origin(exchange.headers)
        if exchange.method == "GET":
            return request_of_query_string(exchange.query_string)
        return await request_of_body(
            exchange.headers,
            receive,
            max_bytes=self._services.settings.max_body_bytes,
            seconds=self._body_seconds,
        )

    async def _run(self, exchange: "_Exchange", request: Request) -> Response:
        context = Context(
            self._services,
            viewer_of(exchange.headers, self._services.tokens),
            client_of(exchange.scope, exchange.headers),
        )
        try:
            async with asyncio.timeout(self._operation_seconds):
                answer = await self._engine.run(request, context, queries_only=exchange.method == "GET")
        except TimeoutError as error:
            raise HttpProblem(503, "TIMEOUT", "The operation took too long.") from error
        finally:
            exchange.viewer_id = context.viewer.id
            await self._close(context)
        exchange.codes = _codes(answer)
        if exchange.codes == ["METHOD_NOT_ALLOWED"]:
            raise _method_not_allowed(answer.body["errors"][0]["message"], "POST")
        return self._response(answer, context, exchange.media_type)

    def _response(self, answer: Answer, context: Context, media_type: str) -> Response:
        # A request error is a status of its own only for clients that know the newer media type;
        # to the others, everything but 200 would mean that no GraphQL server answered.
        status = 400 if media_type == GRAPHQL_RESPONSE and not answer.executed else 200
        response = Response(answer.content(), status, {"Content-Type": f"{media_type}; charset=utf-8"})
        cookie = refresh_cookie_header(context.reply, secure=self._services.settings.secure_cookies)
        if cookie is not None:
            response.headers.append("Set-Cookie", cookie)
        return response

    async def _close(self, context: Context) -> None:
        # Shielded: a connection must go back to its pool even when the server cancels this request.
        closing = asyncio.create_task(context.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)


class _Exchange:
    """What is known so far of one HTTP request and its answer."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.headers = Headers(scope=scope)
        self.method: str = scope["method"]
        self.query_string: bytes = scope["query_string"]
        self.media_type = JSON
        self.request: Request | None = None
        self.viewer_id: str | None = None
        self.codes: list[str] = []
        self._started = perf_counter()

    def log(self, status: int) -> None:
        """Writes the line of this exchange."""
        log_operation(
            query=self.request.query if self.request else None,
            operation_name=self.request.operation_name if self.request else None,
            status=status,
            seconds=perf_counter() - self._started,
            viewer_id=self.viewer_id,
            codes=self.codes,
        )


def _negotiated(headers: Headers) -> str:
    media_type = answer_type(headers.getlist("accept"))
    if media_type is None:
        message = f"Answers are {GRAPHQL_RESPONSE} or {JSON}; `Accept` allows neither."
        raise HttpProblem(406, "NOT_ACCEPTABLE", message)
    return media_type


def _method_not_allowed(message: str, allowed: str) -> HttpProblem:
    return HttpProblem(405, "METHOD_NOT_ALLOWED", message, {"Allow": allowed})


def _codes(answer: Answer) -> list[str]:
    errors: list[dict[str, Any]] = answer.body.get("errors", [])
    # A list of a thousand rows can fail a thousand times in the same way.
    return sorted({str(error.get("extensions", {}).get("code")) for error in errors})
