"""Mutations with a key of the client's: done once, however often they are sent, and answered alike."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import orjson
import structlog
from graphql import FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, get_named_type

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.faults import fault_of
from infocus_graphql.graph.errors import coded_error

log = structlog.get_logger("infocus.once")
P = ParamSpec("P")
T = TypeVar("T")

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
# What is shown once must not lie in the database for a day: such answers are not kept.
_SECRET: Final = re.compile("token|secret|codes|qr", re.IGNORECASE)
_WAIT_SECONDS: Final = 3.0
_ASK_SECONDS: Final = 0.05


class Answers(Protocol):
    """Keeps answers for a day, for all workers: by person, by mutation, and by the client's key."""

    async def find(self, user_id: str, operation: str, key: str) -> bytes | None:
        """The hash of the request and its answer (null while it is made), as a JSON list of both."""

    async def claim(self, work: UnitOfWork, values: dict[str, str]) -> bool:
        """Takes a place in the transaction of the work; waits for who has it, and is False if it is taken."""

    async def keep(self, user_id: str, operation: str, key: str, claim: str, answer: str) -> None:
        """Keeps the answer of who has claimed the place."""


@dataclass(slots=True)
class Once:
    """One request with a key."""

    answers: Answers
    user_id: str
    operation: str
    key: str
    fingerprint: str
    _claim: str = field(default_factory=lambda: secrets.token_hex(8))
    _claimed: bool = False
    _late: bool = False

    async def earlier(self) -> bytes | None:
        """The answer that was given before, waiting for it if need be; None when nothing was done yet."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _WAIT_SECONDS
        while True:
            try:
                found = await self.answers.find(self.user_id, self.operation, self.key)
            except Exception as error:
                raise GraphQLError(str(error), original_error=error) from error
            if found is None:
                return None
            fingerprint, answer = orjson.loads(found)
            if fingerprint != self.fingerprint:
                message = "That Idempotency-Key was used with another request."
                raise coded_error("IDEMPOTENCY_CONFLICT", message)
            if answer is not None:
                return str(answer).encode()
            if loop.time() > end:
                message = "It was done before, but what was answered is lost: ask for how things are now."
                raise coded_error("IDEMPOTENCY_ANSWER_LOST", message)
            await asyncio.sleep(_ASK_SECONDS)

    def wrapped(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]]
    ) -> Callable[Concatenate[UnitOfWork, P], Awaitable[T]]:
        """The use case, done only by the first to claim the place, in one transaction with the claim."""

        async def claimed(work: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
            values = {
                "user_id": self.user_id,
                "operation": self.operation,
                "key": self.key,
                "fingerprint": self.fingerprint,
                "claim": self._claim,
            }
            if not await self.answers.claim(work, values):
                self._late = True
                raise coded_error("IDEMPOTENCY_CONFLICT", "The same request was quicker.")
            self._claimed = True
            return await use_case(work, *args, **kwargs)

        return claimed

    async def settled(self, answer: bytes) -> bytes:
        """The answer to give: the one made here, kept for the next time, or that of who was quicker."""
        if self._late:
            return await self.earlier() or answer
        if self._claimed:
            try:
                text = answer.decode()
                await self.answers.keep(self.user_id, self.operation, self.key, self._claim, text)
            except Exception as error:
                # It is done, and the client shall know; a second time it would be told that this is lost.
                if fault_of(error) is None:
                    raise
                log.warning("an answer could not be kept", kind=type(error).__name__)
        return answer


def once(
    answers: Answers,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    user_id: str,
    key: str,
    request: Mapping[str, Any],
) -> Once:
    """A request with a key; an error when there can't be one."""
    if not _KEY.fullmatch(key):
        raise coded_error("BAD_REQUEST", "An Idempotency-Key has 1 to 255 visible characters of ASCII.")
    fields = operation.selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        message = "An Idempotency-Key goes with a single mutation, and not in a fragment."
        raise coded_error("BAD_REQUEST", message)
    name = fields[0].name.value
    payload: Any = get_named_type(schema.mutation_type.fields[name].type) if schema.mutation_type else None
    if any(_SECRET.search(each) for each in payload.fields):
        message = f"`{name}` answers with a secret, which is not kept: it takes no Idempotency-Key."
        raise coded_error("IDEMPOTENCY_NOT_SUPPORTED", message)
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return Once(answers, user_id, name, key, hashlib.sha256(text).hexdigest())
