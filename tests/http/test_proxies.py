"""The client's address, which only trusted proxies can set."""

import pytest
from pydantic import ValidationError

from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.proxies import address_of
from tests.http.conftest import client_of, make_app, make_settings

PROXIES = "10.0.0.0/8, 192.0.2.7, fd00::/8"


def found(peer: str | None, *lines: str, **settings: str) -> str | None:
    """Returns the client address for a connection from `peer` with these headers (`X-Forwarded-For`)."""
    named = [line.partition("|") if "|" in line else ("x-forwarded-for", "", line) for line in lines]
    headers = RequestHeaders((name.encode(), value.encode()) for name, _, value in named)
    scope = {"client": (peer, 1234) if peer else None}
    return address_of(scope, headers, make_settings(**{"trusted_proxies": PROXIES, **settings}))


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("203.0.113.9", ["forwarded|for=198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.7", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.8", ["198.51.100.1"], "192.0.2.8"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["10.4.4.4, 10.5.5.5"], "10.4.4.4"),
        ("10.1.2.3", ["198.51.100.1,"], "198.51.100.1"),
        ("10.1.2.3", ["  198.51.100.1\t"], "198.51.100.1"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["1.1.1.1, " * 5000 + "198.51.100.1"], "198.51.100.1"),
        ("/run/socket", ["198.51.100.1"], "/run/socket"),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_last_address_that_is_not_a_trusted_proxy_is_used(
    peer: str | None, lines: list[str], expected: str | None
) -> None:
    assert found(peer, *lines) == expected
    assert found(peer, *lines, trusted_proxies="") == peer


NODES = [
    ("198.51.100.1", "198.51.100.1"),
    ("198.51.100.1:4711", "198.51.100.1"),
    ("198.51.100.1:_port", "198.51.100.1"),
    ("198.51.100.1:", "198.51.100.1"),
    ("2001:db8::5", "2001:db8::5"),
    ("2001:DB8:0:0::5", "2001:db8::5"),
    ("[2001:db8::5]", "2001:db8::5"),
    ("[2001:db8::5]:4711", "2001:db8::5"),
    ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
    ("::ffff:198.51.100.1", "198.51.100.1"),
    ("fe80::1%eth0", "fe80::1%eth0"),
]
NO_NODES = [
    "unknown", "_hidden", "_SEVKISEK", "-", "nonsense", "localhost", "198.51.100", "198.51.100.256", "0x7f.1",
    "198.51.100.1:80:80", "[2001:db8::5", "2001:db8::5]", "[198.51.100.1", "[]", ":80", "198.51.100.1/24",
    "'198.51.100.1'", "198.51.100.1 198.51.100.2", "\xff", "::ffff:999.1.1.1", "[2001:db8::5]x", "1",
]  # fmt: skip


@pytest.mark.parametrize(("node", "expected"), NODES)
def test_addresses_are_parsed_in_all_forms_of_common_proxies(node: str, expected: str) -> None:
    quoted = f'"{node}"'
    for line in (
        node,
        quoted,
        f"6.6.6.6, {node}",
        f"_hidden,{node}",
        f"unknown, {node}, 10.9.9.9:80",
        f"forwarded|for={quoted}",
        f'forwarded|For={quoted};proto=https;by="[fd00::1]"',
        f"forwarded|proto=https; for={quoted} ; host=infocus.test",
        f'forwarded|for=6.6.6.6, for={quoted}, for="[fd00::7]:80"',
    ):
        assert found("10.1.2.3", line) == expected, line
        assert found("203.0.113.9", line) == "203.0.113.9"


@pytest.mark.parametrize("node", NO_NODES)
def test_a_client_without_a_forwarded_address_does_not_get_the_proxys(node: str) -> None:
    for line in (
        node,
        f"6.6.6.6, {node}",
        f"6.6.6.6, {node}, 10.9.9.9",
        f'forwarded|for="{node}"',
        f"forwarded|for=6.6.6.6, for={node};proto=https",
        f"forwarded|for=6.6.6.6;for={node}",
    ):
        assert found("10.1.2.3", line) is None, line
    assert found("10.1.2.3", "forwarded|for=6.6.6.6, proto=https;by=10.1.2.3") is None


@pytest.mark.parametrize(
    "made_up",
    ['for="', 'for=6.6.6.6;secret="', 'for="6.6.6.6', 'for=6.6.6.6;for="', '"', "for=\\"],
)
def test_clients_can_not_hide_the_address_added_by_a_proxy(made_up: str) -> None:
    for added in ("for=198.51.100.1", 'for="198.51.100.1:80";proto=https'):
        assert found("10.1.2.3", f"forwarded|{made_up}, {added}") == "198.51.100.1"
        assert found("10.1.2.3", f"forwarded|{made_up}", f"forwarded|{added}") == "198.51.100.1"


def test_only_the_configured_header_is_used() -> None:
    both = ("198.51.100.1", "forwarded|for=198.51.100.2")
    assert found("10.1.2.3", *both) == "198.51.100.1"
    assert found("10.1.2.3", *both, proxy_header="x-forwarded-for") == "198.51.100.1"
    assert found("10.1.2.3", *both, proxy_header="forwarded") == "198.51.100.2"
    # The configured header is used even if it is missing.
    assert found("10.1.2.3", both[0], proxy_header="forwarded") == "10.1.2.3"
    assert found("10.1.2.3", both[1], proxy_header="x-forwarded-for") == "10.1.2.3"


async def test_clients_behind_a_proxy_have_separate_rate_limits() -> None:
    values = {"trusted_proxies": "203.0.113.0/24", "rate_limits": "memory", "rate_anonymous": "2/m"}
    async with client_of(make_app(**values)) as http:

        async def left(address: str) -> str:
            headers = {"X-Forwarded-For": address}
            response = await http.post("/graphql", json={"query": "{ hello }"}, headers=headers)
            return str(response.headers["ratelimit-remaining"])

        assert [await left(each) for each in ("198.51.100.1:5", "198.51.100.1:6")] == ["1", "0"]
        # Another client, one with a forged prefix, one with an unknown address, and the proxy itself.
        others = ("[2001:db8::1]:7", "198.51.100.1, 198.51.100.2", "_hidden", "")
        assert [await left(each) for each in others] == ["1", "1", "1", "1"]


async def test_sessions_and_rate_limits_use_the_client_address() -> None:
    query = {"query": "{ client }"}
    forwarded = {"X-Forwarded-For": "198.51.100.1"}
    for proxies, prefix in (("203.0.113.0/24", "198.51.100.0/24"), ("", "203.0.113.0/24")):
        async with client_of(make_app(trusted_proxies=proxies)) as http:
            response = (await http.post("/graphql", json=query, headers=forwarded)).json()
            assert response["data"]["client"][0] == prefix


def test_an_invalid_network_prevents_the_start() -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        make_settings(trusted_proxies="10.0.0.0/33")
