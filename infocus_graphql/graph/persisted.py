"""Persisted documents: clients send a document's hash, or a trusted document's id, instead of its text."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import structlog
from graphql import GraphQLError

from infocus_graphql.core.cache import LruCache
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.settings.errors import UnusableSetting

log = structlog.get_logger("infocus.persisted_documents")

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_CACHED: Final = 1000
_CACHED_BYTES: Final = 10_000_000
_MAX_CHARACTERS: Final = 20_000  # longer documents are not stored
_VERSION: Final = 1
_TRUSTED: Final = "INFOCUS_TRUSTED_DOCUMENTS"
# Errors of the automatic persisted queries protocol. Clients recognise these exact messages, and then send
# the whole document.
PROTOCOL_ERRORS: Final = {
    "PERSISTED_QUERY_NOT_FOUND": "PersistedQueryNotFound",
    "PERSISTED_QUERY_NOT_SUPPORTED": "PersistedQueryNotSupported",
}


class DocumentStore(Protocol):
    """Stores persisted documents, shared by all workers."""

    async def find(self, digest: str) -> str | None:
        """Returns the document with this SHA-256, else None."""

    async def keep(self, digest: str, document: str) -> None:
        """Stores a document by its SHA-256."""


class PersistedDocuments:
    """Finds the document of a request. If `trusted` is given, all other documents are rejected."""

    def __init__(self, store: DocumentStore | None = None, trusted: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._trusted = trusted
        self._trusted_texts = frozenset((trusted or {}).values())
        self._cache: LruCache[str, str] = LruCache(
            _CACHED, max_bytes=_CACHED_BYTES, size_of=lambda digest, text: len(digest) + len(text)
        )

    def needs_lookup(self, name: str | None, extensions: Mapping[str, object] | None) -> bool:
        """Whether the document has to be looked up or checked; False if the sent text can run as it is."""
        if self._trusted is not None or name is not None:
            return True
        return bool(extensions and "persistedQuery" in extensions)

    async def text(self, query: str | None, name: str | None, extensions: Mapping[str, object] | None) -> str:
        """Returns the document to run: the sent one, or the one with this id or hash."""
        persisted = (extensions or {}).get("persistedQuery")
        digest = None if persisted is None else _digest(persisted)
        if self._trusted is not None:
            return self._trusted_text(query, name or digest, self._trusted)
        if name is not None:
            raise coded_error("DOCUMENT_NOT_ALLOWED", "This server has no trusted documents.")
        if digest is None:
            if query is None:
                raise coded_error("BAD_REQUEST", "`query` is missing.")
            return query
        if self._store is None:
            if query is not None:
                return query
            raise _protocol_error("PERSISTED_QUERY_NOT_SUPPORTED")
        if query is None:
            return await self._stored_text(digest, self._store)
        if hashlib.sha256(query.encode()).hexdigest() != digest:
            raise coded_error("PERSISTED_QUERY_HASH_MISMATCH", "The hash does not match the document.")
        return query

    async def register(self, query: str, extensions: Mapping[str, object] | None) -> None:
        """Stores a valid document that was sent with its hash."""
        persisted = (extensions or {}).get("persistedQuery")
        if persisted is None or self._store is None or self._trusted is not None:
            return
        if len(query) > _MAX_CHARACTERS:
            return
        digest = _digest(persisted)
        if self._cache.get(digest) is not None:
            return
        self._cache.put(digest, query)
        try:
            await self._store.keep(digest, query)
        except Exception as error:
            # The request succeeds anyway; other workers will ask the client for the document again.
            if classify_transient(error) is None:
                raise
            log.warning("persisted document not stored", kind=type(error).__name__)

    async def _stored_text(self, digest: str, store: DocumentStore) -> str:
        document = self._cache.get(digest)
        if document is None:
            try:
                document = await store.find(digest)
            except Exception as error:
                raise GraphQLError(str(error), original_error=error) from error
            if document is None:
                raise _protocol_error("PERSISTED_QUERY_NOT_FOUND")
            self._cache.put(digest, document)
        return document

    def _trusted_text(self, query: str | None, name: str | None, trusted: Mapping[str, str]) -> str:
        document = trusted.get(name.removeprefix("sha256:")) if name is not None else query
        if document is None or document not in self._trusted_texts or query not in {None, document}:
            raise coded_error("DOCUMENT_NOT_ALLOWED", "This server runs trusted documents only.")
        return document


def trusted_documents(path: Path) -> dict[str, str]:
    """Reads the documents by id from a file in the format of relay-compiler and graphql-codegen.

    Raises UnusableSetting for any other file.
    """
    try:
        documents = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UnusableSetting(f"{_TRUSTED}: {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise UnusableSetting(f"{_TRUSTED}: {path} is not JSON.") from error
    if not isinstance(documents, dict) or not all(isinstance(text, str) for text in documents.values()):
        raise UnusableSetting(f"{_TRUSTED}: {path} must hold a JSON object of ids and documents.")
    return documents


def _protocol_error(code: str) -> GraphQLError:
    return coded_error(code, PROTOCOL_ERRORS[code])


def _digest(persisted: object) -> str:
    given: Mapping[str, object] = persisted if isinstance(persisted, Mapping) else {}
    digest = given.get("sha256Hash")
    if not isinstance(digest, str) or given.get("version") != _VERSION or not _DIGEST.fullmatch(digest):
        message = "`persistedQuery` needs `version: 1` and `sha256Hash`, in 64 lower-case hexadecimal digits."
        raise coded_error("BAD_REQUEST", message)
    return digest
