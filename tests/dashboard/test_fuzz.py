"""Schemathesis on the OpenAPI of the pages, which is made for this test and served to nobody."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import httpx
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings

from dashboard.page import discover
from tests.dashboard.crossing import NAMES, NEVER_ENDS, WORDS, furnish
from tests.dashboard.thread import serving
from tests.dashboard.town import PASSWORD, town_in
from tests.dashboard.visitors import FIELD

if TYPE_CHECKING:
    from schemathesis.core.result import Ok

    from tests.servers.databases import Database

EXAMPLES = 12
EFFECTS = ("/logout", "/me/sessions/end")
"""What ends the session that asks."""


def openapi() -> dict[str, Any]:
    """Describe all pages."""
    app = FastAPI()
    for page in discover().values():
        app.include_router(page.router)
    return app.openapi()


def logged_in(address: str, login: str) -> tuple[dict[str, str], str]:
    """Log in as a person does; return the cookies and the token for forms."""
    with httpx.Client(base_url=address) as client:
        fields = {m["name"]: m["value"] for m in FIELD.finditer(client.get("/login").text)}
        answer = client.post("/login", data=fields | {"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return dict(client.cookies), client.get("/api/session").json()["csrf"]


def test_no_request_that_fits_the_description_breaks_a_page_or_crosses_the_wall(
    plain_database: Database,
) -> None:
    with (
        town_in(plain_database, datetime.now(UTC)) as town,
        serving(plain_database.url_as("wayhome_dashboard")) as address,
    ):
        furnish(town)
        cookies, csrf = logged_in(address, "york_organisation_admin")
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of what the library makes of a description without bodies
            schema = schemathesis.openapi.from_dict(openapi())
            operations = [cast("Ok[Any]", one).ok() for one in schema.get_all_operations()]
        tried = 0
        for operation in operations:
            if operation.path in (*NEVER_ENDS, *EFFECTS):
                continue
            tried += _fuzzed(operation, address, cookies, csrf)
        assert tried >= len(operations) * EXAMPLES // 3


def _fuzzed(operation: Any, address: str, cookies: dict[str, str], csrf: str) -> int:
    count = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        nonlocal count
        count += 1
        answer = case.call(
            base_url=address,
            cookies=cookies,
            headers={"x-csrf-token": csrf},
            allow_redirects=False,
        )
        assert answer.status_code < 500, (operation.label, answer.status_code)
        text = answer.text
        assert not [name for name in NAMES if name in text], operation.label
        assert not WORDS.findall(text), operation.label

    send()
    return count
