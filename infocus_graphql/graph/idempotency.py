"""Mutations with a key of the client's: done once, however often they are sent, and answered alike."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import orjson
import structlog
from graphql import FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, get_named_type

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.errors import coded_error

log = structlog.get_logger("infocus.once")
T = TypeVar("T")

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
# What is shown once must not lie in the database for a day: such answers are not kept.
_SECRET: Final = re.compile("token|secret|codes|qr", re.IGNORECASE)
_WAIT_SECONDS: Final = 3.0
_INSTANT: Final = "$instant"
_ASK_SECONDS: Final = 0.05


class IdempotencyStore(Protocol):
    """Keeps responses for a day, for all workers: by user, by mutation, and by the client's key."""

    async def find(self, user_id: str, operation: str, key: str) -> bytes | None:
        """The hash of the request, its response, payload and claim, as a JSON list, if any is kept."""

    async def claim(self, work: UnitOfWork, values: dict[str, str]) -> bool:
        """Takes a place in the transaction of the work; waits for who has it, and is False if it is taken."""

    async def record(self, work: UnitOfWork, values: dict[str, str], payload: str) -> None:
        """Stores the mutation's result in the transaction of the work."""

    async def keep(self, user_id: str, operation: str, key: str, claim: str, answer: str) -> str | None:
        """Keeps the response of a claim, unless there is one; the response that is kept now."""


@dataclass(slots=True)
class IdempotentRequest:
    """One request with a key."""

    answers: IdempotencyStore
    user_id: str
    operation: str
    key: str
    fingerprint: str
    # The result of a change that was committed by a process which gave no response any more.
    recorded: str | None = None
    _claim: str = field(default_factory=lambda: secrets.token_hex(8))
    _claimed: bool = False
    _late: bool = False

    async def earlier(self) -> bytes | None:
        """The response that was given before, waiting for it if need be; None when there is none yet.

        Then either nothing was done, or `recorded` is the result of what was done.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _WAIT_SECONDS
        while True:
            try:
                found = await self.answers.find(self.user_id, self.operation, self.key)
            except Exception as error:
                raise GraphQLError(str(error), original_error=error) from error
            if found is None:
                return None
            fingerprint, answer, payload, claim = orjson.loads(found)
            if fingerprint != self.fingerprint:
                message = "That Idempotency-Key was used with another request."
                raise coded_error("IDEMPOTENCY_CONFLICT", message)
            if answer is not None:
                return str(answer).encode()
            if loop.time() > end:
                if payload is None:
                    message = "It was done, but its response named a user who is gone: read how things are."
                    raise coded_error("IDEMPOTENCY_RESPONSE_LOST", message)
                self.recorded, self._claim, self._claimed = payload, claim, True
                return None
            await asyncio.sleep(_ASK_SECONDS)

    async def claim(self, work: UnitOfWork) -> None:
        """Takes the place in the transaction of the change; an error for all but the first."""
        if not await self.answers.claim(work, self._values):
            self._late = True
            raise coded_error("IDEMPOTENCY_CONFLICT", "The same request was quicker.")

    async def record(self, work: UnitOfWork, payload: Any) -> None:
        """Stores the result of the change in its transaction."""
        await self.answers.record(work, self._values, stored(payload))

    def committed(self) -> None:
        """The change is done, and its response is to be kept."""
        self._claimed = True

    async def settled(self, answer: bytes, *, whole: bool) -> bytes:
        """The response to give: the one made here, kept for the next time, or that of who was quicker.

        One that is not `whole`, because something could not be read, is not kept: a retry reads it anew.
        """
        if self._late:
            return await self.earlier() or answer
        if self._claimed and whole:
            try:
                text = answer.decode()
                kept = await self.answers.keep(self.user_id, self.operation, self.key, self._claim, text)
                return answer if kept is None else kept.encode()
            except Exception as error:
                # It is done, and the client shall know; a retry gets a response from the stored result.
                if classify_transient(error) is None:
                    raise
                log.warning("idempotent response not stored", kind=type(error).__name__)
        return answer

    @property
    def _values(self) -> dict[str, str]:
        return {
            "user_id": self.user_id,
            "operation": self.operation,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "claim": self._claim,
        }


def stored(payload: Any) -> str:
    """A mutation's result as JSON: ids and plain values, from which `restored` makes it again."""
    values = {each.name: getattr(payload, each.name) for each in fields(payload) if each.init}
    del values["errors"]
    return orjson.dumps(values, default=_tagged, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def restored(kind: type[T], text: str) -> T:
    """The result that was stored."""
    values = {name: _untagged(value) for name, value in orjson.loads(text).items()}
    return kind(**values)


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not stored for retries")


def _untagged(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {_INSTANT}:
        return datetime.fromisoformat(value[_INSTANT])
    return value


def idempotent_request(
    answers: IdempotencyStore,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    user_id: str,
    key: str,
    request: Mapping[str, Any],
) -> IdempotentRequest:
    """A request with a key; an error when there can't be one."""
    if not _KEY.fullmatch(key):
        raise coded_error("BAD_REQUEST", "An Idempotency-Key has 1 to 255 visible characters of ASCII.")
    selected = operation.selection_set.selections
    if len(selected) != 1 or not isinstance(selected[0], FieldNode):
        message = "An Idempotency-Key goes with a single mutation, and not in a fragment."
        raise coded_error("BAD_REQUEST", message)
    name = selected[0].name.value
    payload: Any = get_named_type(schema.mutation_type.fields[name].type) if schema.mutation_type else None
    if any(_SECRET.search(each) for each in payload.fields):
        message = f"`{name}` answers with a secret, which is not kept: it takes no Idempotency-Key."
        raise coded_error("IDEMPOTENCY_NOT_SUPPORTED", message)
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return IdempotentRequest(answers, user_id, name, key, hashlib.sha256(text).hexdigest())
