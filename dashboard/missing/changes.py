"""What two versions of a profile say differently. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.language import _
from dashboard.missing.form import POINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.missing.form import ProfileForm


def changes(
    form: ProfileForm, old: Mapping[str, str], new: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Return the questions that are answered differently: question, old and new answer."""
    labels = {
        name: _("%(question)s: point on the map") % {"question": _(field.label)}
        if name.endswith(POINT)
        else _(field.label)
        for field in form.fields()
        for name in field.names
    }
    names = dict.fromkeys([*labels, *old, *new])
    return [
        (
            labels.get(name, name.replace("_", " ").capitalize()),
            old.get(name, ""),
            new.get(name, ""),
        )
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]
