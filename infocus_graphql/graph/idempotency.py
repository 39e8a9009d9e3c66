"""`Idempotency-Key` support: a mutation runs once per key, and retries get the stored response."""

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
from infocus_graphql.graph.declarations import returns_secret
from infocus_graphql.graph.errors import coded_error

log = structlog.get_logger("infocus.idempotency")
T = TypeVar("T")

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_WAIT_SECONDS: Final = 3.0
_INSTANT: Final = "$instant"
_POLL_SECONDS: Final = 0.05


class IdempotencyStore(Protocol):
    """Stores results and responses for seven days, shared by all workers, by user, mutation and key."""

    async def find(self, user_id: str, operation: str, key: str) -> bytes | None:
        """Returns `[fingerprint, response, payload, claim]` of a record as JSON, else None."""

    async def claim(self, work: UnitOfWork, values: dict[str, str]) -> bool:
        """Claims the key in the transaction of `work`. False if another request has claimed it.

        Waits for concurrent transactions that claim the same key.
        """

    async def record(self, work: UnitOfWork, values: dict[str, str], payload: str) -> None:
        """Stores the mutation's result in the transaction of `work`."""

    async def release(self, work: UnitOfWork, values: dict[str, str]) -> None:
        """Deletes a claim in the transaction of `work`."""

    async def keep(self, user_id: str, operation: str, key: str, claim: str, response: str) -> str | None:
        """Stores the response of a claim, unless one is stored already. Returns the stored response."""


@dataclass(slots=True)
class IdempotentRequest:
    """A request with an `Idempotency-Key`."""

    store: IdempotencyStore
    user_id: str
    operation: str
    key: str
    fingerprint: str
    # The stored result of a committed change whose response was never stored, as after a crash.
    recorded: str | None = None
    _claim: str = field(default_factory=lambda: secrets.token_hex(8))
    _claimed: bool = False
    _conflicted: bool = False

    async def stored_response(self) -> bytes | None:
        """Returns the stored response of the key, waiting for a running request; else None.

        After None, `recorded` is the result if the change was committed without a response. If it is None
        too, the key is unused.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + _WAIT_SECONDS
        while True:
            try:
                record = await self.store.find(self.user_id, self.operation, self.key)
            except Exception as error:
                raise GraphQLError(str(error), original_error=error) from error
            if record is None:
                return None
            fingerprint, response, payload, claim = orjson.loads(record)
            if fingerprint != self.fingerprint:
                message = "The Idempotency-Key was used with another request."
                raise coded_error("IDEMPOTENCY_CONFLICT", message)
            if response is not None:
                return str(response).encode()
            if loop.time() > end:
                if payload is None:
                    message = "The mutation succeeded, but its result refers to a deleted user."
                    raise coded_error("IDEMPOTENCY_RESPONSE_LOST", message)
                self.recorded, self._claim, self._claimed = payload, claim, True
                return None
            await asyncio.sleep(_POLL_SECONDS)

    async def claim(self, work: UnitOfWork) -> None:
        """Claims the key in the transaction of the change.

        IDEMPOTENCY_CONFLICT for all requests but the first.
        """
        if not await self.store.claim(work, self._values):
            self._conflicted = True
            raise coded_error("IDEMPOTENCY_CONFLICT", "The same request is being processed.")

    async def record(self, work: UnitOfWork, payload: object) -> None:
        """Stores the mutation's result in the transaction of the change."""
        await self.store.record(work, self._values, serialize_payload(payload))

    async def release(self, work: UnitOfWork) -> None:
        """Deletes the claim in the transaction of a rejected mutation, so that the key can be used again."""
        await self.store.release(work, self._values)

    def committed(self) -> None:
        """Notes that the change was committed, so that `store_response` stores the response."""
        self._claimed = True

    async def store_response(self, response: bytes, *, whole: bool) -> bytes:
        """Stores the response and returns the one to send: this one, or an earlier one for the same key.

        A response that is not `whole`, because some fields failed, is not stored: a retry reads them again.
        """
        if self._conflicted:
            return await self.stored_response() or response
        if self._claimed and whole:
            try:
                text = response.decode()
                stored = await self.store.keep(self.user_id, self.operation, self.key, self._claim, text)
                return response if stored is None else stored.encode()
            except Exception as error:
                # The change is committed, so the response is sent. A retry gets one from the stored result.
                if classify_transient(error) is None:
                    raise
                log.warning("idempotent response not stored", kind=type(error).__name__)
        return response

    @property
    def _values(self) -> dict[str, str]:
        return {
            "user_id": self.user_id,
            "operation": self.operation,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "claim": self._claim,
        }


def serialize_payload(payload: Any) -> str:
    """Serializes a mutation's payload, its ids and plain values, to JSON for `restored`."""
    values = {each.name: getattr(payload, each.name) for each in fields(payload) if each.init}
    del values["errors"]
    return orjson.dumps(values, default=_to_json, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def deserialize_payload(kind: type[T], text: str) -> T:
    """Returns the payload of type `kind` from the JSON of `stored`."""
    values = {name: _from_json(value) for name, value in orjson.loads(text).items()}
    return kind(**values)


def _to_json(value: object) -> object:
    if isinstance(value, datetime):
        return {_INSTANT: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not stored for retries")


def _from_json(value: object) -> object:
    if isinstance(value, dict) and value.keys() == {_INSTANT}:
        return datetime.fromisoformat(value[_INSTANT])
    return value


def idempotent_request(
    store: IdempotencyStore,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    user_id: str,
    key: str,
    request: Mapping[str, object],
) -> IdempotentRequest:
    """Returns the idempotent request for a key. Raises if the key or the operation doesn't permit one."""
    if not _KEY.fullmatch(key):
        raise coded_error("BAD_REQUEST", "An Idempotency-Key must have 1 to 255 visible ASCII characters.")
    selections = operation.selection_set.selections
    mutations: Any = schema.mutation_type.fields if schema.mutation_type else {}
    # `__typename` is a field, but no mutation.
    if (
        len(selections) != 1
        or not isinstance(selections[0], FieldNode)
        or selections[0].name.value not in mutations
    ):
        message = "An Idempotency-Key requires a single mutation, outside of fragments."
        raise coded_error("BAD_REQUEST", message)
    name = selections[0].name.value
    payload: Any = get_named_type(mutations[name].type)
    if returns_secret(payload):
        message = f"`{name}` returns a secret, which is not stored: it does not support Idempotency-Key."
        raise coded_error("IDEMPOTENCY_NOT_SUPPORTED", message)
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return IdempotentRequest(store, user_id, name, key, hashlib.sha256(text).hexdigest())
