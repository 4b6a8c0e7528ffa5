"""E-mail over a mail server of one's own choice, always with TLS unless somebody says otherwise."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, ClassVar

import aiosmtplib

from alerts.channel import ChannelSettings, Outgoing, Receipt, shortened
from core.model.address import AddressKind, checked
from core.model.errors import Permanent, Temporary
from core.model.finding import Severity
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIORITY = {Severity.NOTICE: "5", Severity.CHECK: "2", Severity.URGENT: "1"}
PERMANENT_FROM = 500
"""Answers of a mail server from here on say that trying again changes nothing (RFC 5321)."""


class Email:
    """Sends plain text. Its ``Message-ID`` is the same for every attempt, so that mailboxes keep one."""

    name = "email"
    title = marked("E-mail")
    max_length = 5000
    wakes = True
    takes = AddressKind.EMAIL
    most_in_quarter = 20
    cannot: ClassVar[Mapping[str, str]] = {
        "asked_waits_are_kept": "a mail server names no time to wait",
        "redirects_are_not_followed": "a mail server does not redirect",
    }

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings

    @staticmethod
    def lacks(settings: ChannelSettings) -> str:
        """Return what is missing."""
        mail = settings.mail
        named = {"WAYHOME_SMTP_HOST": mail.host, "WAYHOME_SMTP_FROM": mail.sender}
        return ", ".join(name for name, text in named.items() if not text)

    async def send(self, delivery: Outgoing) -> Receipt:
        """Hand one message to the mail server.

        Raises
        ------
        Temporary
            If the server does not answer, asks to come back (4xx), or knows us no more.
        Permanent
            If it refuses address or message (5xx), or no server is set up.
        """
        mail = self._settings.mail
        if self.lacks(self._settings):
            raise Permanent("e-mail is not set up here")
        message = _composed(delivery, mail.sender, self.max_length)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await aiosmtplib.send(
                    message,
                    hostname=mail.host,
                    port=mail.port,
                    username=mail.username or None,
                    password=mail.password or None,
                    use_tls=mail.security == "tls",
                    start_tls=mail.security == "starttls",
                    timeout=self._settings.timeout_s,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0].code) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Temporary("the mail server does not let us in") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _judged(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Temporary(f"no answer: {type(error).__name__}") from error
        return Receipt(reference=str(message["Message-ID"]))

    async def close(self) -> None:
        """Do nothing: each message has its own connection."""


def _judged(code: int) -> Permanent | Temporary:
    kind = Permanent if code >= PERMANENT_FROM else Temporary
    return kind(f"the mail server answered {code}")


def _composed(delivery: Outgoing, sender: str, longest: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = checked(AddressKind.EMAIL, delivery.address)
    message["Subject"] = _line(delivery.title)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{delivery.idempotency_key}@{sender.rpartition('@')[2]}>"
    message["Content-Language"] = delivery.language
    message["Auto-Submitted"] = "auto-generated"
    message["X-Priority"] = PRIORITY[delivery.severity]
    text = shortened(delivery.text, longest).replace("\0", "")
    message.set_content("\n\n".join(part for part in (text, delivery.link) if part) + "\n")
    return message


def _line(text: str) -> str:
    """Return text as one line of a header, without what ends a line anywhere."""
    kept = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(kept.split()) or "Wayhome"


CHANNEL = Email
