"""Users of the running server, with their API calls and e-mails."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

import httpx

from infocus_graphql.security.totp import code_of, step_at

from .conftest import LiveServer

_numbers = itertools.count(1)
PASSWORD = "three seats row twenty"
PATIENCE = 20.0


@dataclass
class Person:
    """A user with an account."""

    server: LiveServer
    email: str
    password: str = PASSWORD
    token: str | None = None

    @classmethod
    def new(cls, server: LiveServer) -> Person:
        """Registers a new user."""
        person = cls(server, f"person-{next(_numbers)}-{time.time_ns()}@example.com")
        given = {"email": person.email, "password": PASSWORD, "name": "Kim", "useCookie": False}
        person.token = person.change("register", given, "accessToken")["accessToken"]
        return person

    def change(self, name: str, given: dict[str, Any], fields: str) -> Any:
        """Runs a mutation and returns its payload."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {fields} errors {{ message }} }} }}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": {"input": given}}
        response = httpx.post(f"{self.server.base_url}/graphql", json=body, headers=headers).json()
        payload = response["data"][name]
        assert payload["errors"] == [], payload
        return payload

    def can_sign_in(self, password: str) -> bool:
        """Whether the user can sign in with this password."""
        query = (
            "mutation ($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { accessToken } }"
        )
        body = {"query": query, "variables": {"e": self.email, "p": password}}
        response = httpx.post(f"{self.server.base_url}/graphql", json=body).json()
        return response["data"]["signIn"]["accessToken"] is not None

    def add_second_factor(self) -> str:
        """Enables a second factor and returns a backup code."""
        secret = self.change("startSecondFactorSetup", {"password": self.password}, "secret")["secret"]
        code = code_of(secret, step_at(time.time()))
        codes: list[str] = self.change("confirmSecondFactor", {"code": code}, "backupCodes")["backupCodes"]
        return codes[0]

    def link(self, page: str, to: str | None = None) -> str:
        """Waits for an e-mail with a link to a page, and returns the link."""
        assert self.server.mails is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            files = sorted(
                self.server.mails.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True
            )
            for file in files:
                mail = message_from_bytes(file.read_bytes(), policy=policy.default)
                part = mail.get_body(("plain",))
                text = part.get_content() if part is not None else ""
                found = re.search(rf"^http\S+{page}#token=\S+", text, re.MULTILINE)
                if found and mail["To"] == (to or self.email):
                    return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail with a link to {page}")
