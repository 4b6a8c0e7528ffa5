"""What channels are told about the services behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runtime.settings import AlertsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server that takes what we send."""

    host: str = ""
    port: int = 587
    #: ``tls`` from the first byte, ``starttls`` before anything is said, or ``none``.
    security: str = "starttls"
    username: str = ""
    password: str = ""
    #: Address that stands as the sender.
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A provider that sends texts and makes calls; see `alerts.provider`."""

    provider: str = "twilio"
    url: str = "https://api.twilio.com"
    account: str = ""
    token: str = ""
    #: Number that texts and calls come from.
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """GOV.UK Notify: a service's key and its templates."""

    url: str = "https://api.notifications.service.gov.uk"
    #: API key as Notify shows it: name, service id and secret joined by hyphens.
    key: str = ""
    sms_template: str = ""
    email_template: str = ""
    #: Bearer token that Notify's callbacks carry.
    callback_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What a channel may need beyond the address."""

    #: Longest time in seconds to wait for one answer of the service.
    timeout_s: float = 10.0
    #: Key that signs messages (HMAC-SHA256); empty for none.
    secret: str = ""
    #: May post into the local network also to addresses that carers typed themselves.
    local_network: bool = False
    #: Public address of our receiver of callbacks, without a slash at the end; empty for none.
    receipts_url: str = ""
    #: Private key of web push (VAPID), raw and base64url; empty for none.
    push_key: str = ""
    #: Whom a push service may write to about us: ``mailto:`` or ``https:``.
    push_contact: str = ""
    mail: Mail = field(default_factory=Mail)
    phone: Phone = field(default_factory=Phone)
    notify: Notify = field(default_factory=Notify)


def of(settings: AlertsSettings) -> ChannelSettings:
    """Return what the service's settings say of the channels."""
    return ChannelSettings(
        timeout_s=settings.send_timeout_s,
        secret=settings.webhook_secret,
        local_network=settings.local_network,
        receipts_url=settings.receipts_url.rstrip("/"),
        push_key=settings.push_key,
        push_contact=settings.push_contact or settings.public_url,
        mail=Mail(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=settings.smtp_password,
            sender=settings.smtp_from,
        ),
        phone=Phone(
            provider=settings.phone_provider,
            url=settings.phone_url.rstrip("/"),
            account=settings.phone_account,
            token=settings.phone_token,
            sender=settings.phone_from,
        ),
        notify=Notify(
            url=settings.notify_url.rstrip("/"),
            key=settings.notify_key,
            sms_template=settings.notify_sms_template,
            email_template=settings.notify_email_template,
            callback_token=settings.notify_callback_token,
        ),
    )
