"""The client's address: made up by nobody, told by trusted proxies alone."""

import pytest
from pydantic import ValidationError

from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.proxies import address_of
from tests.http.conftest import client_of, make_app, make_settings

PROXIES = "10.0.0.0/8, 192.0.2.7, fd00::/8"


def found(peer: str | None, *forwarded: str, proxies: str = PROXIES) -> str | None:
    """The address of a connection from `peer` with these headers."""
    headers = RequestHeaders((b"x-forwarded-for", each.encode()) for each in forwarded)
    scope = {"client": (peer, 1234) if peer else None}
    return address_of(scope, headers, make_settings(trusted_proxies=proxies).trusted_proxies)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.7", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.8", ["198.51.100.1"], "192.0.2.8"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["10.4.4.4, 10.5.5.5"], "10.4.4.4"),
        ("10.1.2.3", ["198.51.100.1, nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, nonsense, 10.7.7.7"], "10.7.7.7"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["1.1.1.1, " * 5000 + "198.51.100.1"], "198.51.100.1"),
        ("/run/socket", ["198.51.100.1"], "/run/socket"),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_last_address_that_is_no_proxys_counts(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    assert found(peer, *forwarded) == expected
    assert found(peer, *forwarded, proxies="") == peer


async def test_sessions_and_limits_see_that_address() -> None:
    query = {"query": "{ client }"}
    forwarded = {"X-Forwarded-For": "198.51.100.1"}
    for proxies, prefix in (("203.0.113.0/24", "198.51.100.0/24"), ("", "203.0.113.0/24")):
        async with client_of(make_app(trusted_proxies=proxies)) as http:
            answer = (await http.post("/graphql", json=query, headers=forwarded)).json()
            assert answer["data"]["client"][0] == prefix


def test_a_mistyped_network_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        make_settings(trusted_proxies="10.0.0.0/33")
