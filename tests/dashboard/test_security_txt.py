"""To whom a weakness is reported: RFC 9116, by a setting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.model.errors import Misconfigured
from core.model.security_txt import PATH, contacts
from dashboard.service import make_site
from tests.dashboard.town import NOW
from tests.dashboard.visitors import Visitors


async def test_it_is_served_where_somebody_takes_reports(visitors: Visitors) -> None:
    nobody = await visitors.nobody()
    assert (await nobody.get(PATH)).status_code == 404, "nothing is promised"
    settings = visitors.site.settings
    object.__setattr__(  # the site of this test alone
        visitors.site,
        "settings",
        replace(
            settings,
            security_contact="security@care.example, https://care.example/report",
            public_url="https://care.example/",
        ),
    )
    answer = await nobody.get(PATH)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in reversed(answer.text.splitlines()))
    assert lines["Contact"] == "mailto:security@care.example", "the preferred one first"
    assert "Contact: https://care.example/report\n" in answer.text
    assert lines["Canonical"] == "https://care.example/.well-known/security.txt"
    expires = datetime.fromisoformat(lines["Expires"])
    assert timedelta(days=28) < expires - NOW < timedelta(days=365)


@pytest.mark.parametrize("wrong", ["nobody", "http://care.example", "a@b.example, ftp://x", "@"])
def test_a_contact_that_nobody_can_use_is_named_at_the_start(
    wrong: str, visitors: Visitors
) -> None:
    with pytest.raises(Misconfigured, match="WAYHOME_SECURITY_CONTACT: expected an e-mail"):
        contacts(wrong)
    site = visitors.site
    with pytest.raises(Misconfigured, match="WAYHOME_SECURITY_CONTACT"):
        make_site(site.pool, site.clock, replace(site.settings, security_contact=wrong))
