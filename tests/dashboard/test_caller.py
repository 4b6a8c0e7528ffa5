"""Where a request comes from: only our own proxies are believed."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from core.model.errors import Misconfigured
from dashboard.caller import caller_of, networks
from dashboard.seal import Seal

PROXIES = networks("172.16.0.0/12, ::1")


def request(client: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (client, 1), "headers": headers})


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.9", "203.0.113.5"),
        ("172.18.0.1", "198.51.100.9", "198.51.100.9"),
        ("172.18.0.1", "10.9.9.9, 198.51.100.9", "198.51.100.9"),
        ("172.18.0.1", "198.51.100.9, 172.20.0.2", "198.51.100.9"),
        ("172.18.0.1", "nonsense", ""),
        ("172.18.0.1", "", ""),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("testclient", "", ""),
    ],
)
def test_the_address_that_limits_count(client: str, forwarded: str, address: str) -> None:
    assert caller_of(request(client, forwarded), PROXIES).address == address


def test_a_wrong_list_of_proxies_names_the_setting() -> None:
    with pytest.raises(Misconfigured, match="WAYHOME_TRUSTED_PROXIES"):
        networks("caddy")


def test_a_key_that_is_none_names_the_setting() -> None:
    with pytest.raises(Misconfigured, match="WAYHOME_IDENTITY_KEY"):
        Seal("short")


def test_what_is_sealed_opens_with_the_same_key_for_the_same_person_only() -> None:
    sealed = Seal("x" * 24).close("secret", 7)
    assert Seal("x" * 24).open(sealed, 7) == "secret"
    assert Seal("y" * 24).open(sealed, 7) is None
    assert Seal("x" * 24).open(sealed, 8) is None
    assert b"secret" not in sealed
    assert Seal("x" * 24).digest("a") == Seal("x" * 24).digest("a") != Seal("y" * 24).digest("a")
