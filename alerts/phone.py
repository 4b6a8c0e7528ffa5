"""Which provider sends texts and makes calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.twilio import Twilio, voice
from core.runtime.language import ENGLISH, PSEUDO

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channel import ChannelSettings
    from alerts.posting import Poster
    from alerts.provider import Provider

_PROVIDERS: dict[str, Callable[[ChannelSettings, Poster], Provider]] = {"twilio": Twilio}
"""By the word in ``WAYHOME_PHONE_PROVIDER``; the setting lists the same words."""


def provider(settings: ChannelSettings, poster: Poster) -> Provider:
    """Return the provider that the settings name."""
    return _PROVIDERS[settings.phone.provider](settings, poster)


def lacks(settings: ChannelSettings) -> str:
    """Return the settings that are missing for texts and calls."""
    phone = settings.phone
    named = {
        "WAYHOME_PHONE_ACCOUNT": phone.account,
        "WAYHOME_PHONE_TOKEN": phone.token,
        "WAYHOME_PHONE_FROM": phone.sender,
    }
    return ", ".join(name for name, text in named.items() if not text)


def says(language: str) -> bool:
    """Tell whether calls can be made in a language; the accented English is read out as English is.

    Examples
    --------
    >>> says("de"), says("en-GB"), says("ur")
    (True, True, False)
    """
    return language in {ENGLISH, PSEUDO} or bool(voice(language))
