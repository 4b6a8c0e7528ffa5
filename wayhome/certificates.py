"""Small private certificate authorities and what they sign. No clock, no files: PEM in and out."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core.model.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

AUTHORITY_LASTS = timedelta(days=20 * 365)
"""Hubs in homes trust the authority; changing it means a visit to each, so it outlives them."""
SERVER_LASTS = timedelta(days=365)
RENEWED_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)
"""A hub's clock may be a little behind after a power cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: str
    key: str


def new_authority(now: datetime, title: str = "Wayhome private authority") -> Pair:
    """Make an authority of our own: EC P-256, valid for 20 years, may sign no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
    builder = (
        _builder(name, name, key.public_key(), now, now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def new_server(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    """Make the certificate of a server that is reached by ``names``; valid for a year.

    Parameters
    ----------
    authority
        Who signs.
    names
        Host names and addresses; the first one is its common name.

    Raises
    ------
    Misconfigured
        If a name is none, or the authority can not be read or is over.
    """
    alternative = x509.SubjectAlternativeName(list(map(_name, names)))
    key = ec.generate_private_key(ec.SECP256R1())
    made = _leaf(authority, names[0], key.public_key(), (now, SERVER_LASTS), alternative)
    return _pair(made, key)


def new_client(authority: Pair, name: str, now: datetime, lasts: timedelta) -> Pair:
    """Make the certificate by which a hub, a device or a service of ours shows that it is ``name``.

    Raises
    ------
    Misconfigured
        If the authority can not be read or is over.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    return _pair(_leaf(authority, name, key.public_key(), (now, lasts)), key)


def renewed_client(
    authority: Pair, name: str, request: str, now: datetime, lasts: timedelta
) -> str:
    """Make the certificate (PEM) of ``name`` for the key of a request (PKCS #10, PEM); the key stays there.

    Raises
    ------
    Misconfigured
        If the authority or the request can not be read, or the authority is over.
    """
    try:
        key = x509.load_pem_x509_csr(request.encode()).public_key()
    except ValueError as error:
        raise Misconfigured("a certificate request can not be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Misconfigured("a certificate request is for another kind of key")
    return _pem(_leaf(authority, name, key, (now, lasts)))


def _leaf(
    authority: Pair,
    name: str,
    key: ec.EllipticCurvePublicKey,
    term: tuple[datetime, timedelta],
    alternative: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    """Sign a certificate: of a server where it has alternative names, of a client otherwise."""
    now, lasts = term
    issuer, issuer_key = _opened(authority)
    end = min(now + lasts, issuer.not_valid_after_utc)
    if issuer.not_valid_after_utc <= now:
        raise Misconfigured("the certificate authority is over; see docs/how-to/deploy.md")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    use = (
        ExtendedKeyUsageOID.CLIENT_AUTH if alternative is None else ExtendedKeyUsageOID.SERVER_AUTH
    )
    builder = (
        _builder(subject, issuer.subject, key, now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key_id),
            critical=False,
        )
    )
    if alternative is not None:
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def revocation_list(authority: Pair, revoked: Sequence[tuple[str, datetime]], now: datetime) -> str:
    """Return the list (CRL, PEM) of what an authority has revoked.

    It is valid as long as its authority: a broker with a list that is over refuses everybody. A home that is
    not heard because a list came too late is worse than an old list: the broker forgets the names anyway.

    Parameters
    ----------
    revoked
        Serial numbers in decimal, and since when.
    """
    issuer, key = _opened(authority)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - _BACKDATED)
        .next_update(issuer.not_valid_after_utc)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial)).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a certificate says of itself."""

    name: str
    serial: str
    #: SHA-256 of the certificate; 32 bytes.
    fingerprint: bytes
    begins_at: datetime
    ends_at: datetime


def facts(certificate: str) -> Facts:
    """Read a certificate.

    Raises
    ------
    Misconfigured
        If it is none.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise Misconfigured("a certificate can not be read") from error
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Facts(
        name=str(names[0].value) if names else "",
        serial=str(found.serial_number),
        fingerprint=found.fingerprint(hashes.SHA256()),
        begins_at=found.not_valid_before_utc,
        ends_at=found.not_valid_after_utc,
    )


def is_due(certificate: str, authority: Pair, names: Sequence[str], now: datetime) -> bool:
    """Whether the server's ``certificate`` must be made anew.

    True when less than 30 days are left, when it is not of this ``authority``, when it stands for other
    ``names``, and when it can not be read.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
        found.verify_directly_issued_by(_opened(authority)[0])
        stands_for = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, InvalidSignature, x509.ExtensionNotFound):
        return True
    if list(stands_for) != list(map(_name, names)):
        return True
    return found.not_valid_after_utc - now < RENEWED_BEFORE


def _opened(authority: Pair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
        key = serialization.load_pem_private_key(authority.key.encode(), password=None)
    except ValueError as error:
        raise Misconfigured("the certificate authority can not be read") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Misconfigured("the certificate authority's key is none of ours")
    if certificate.public_key() != key.public_key():
        raise Misconfigured("the certificate authority's key is that of another one")
    return certificate, key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return x509.DNSName(text)
    except ValueError as error:
        raise Misconfigured(f"no host name: {text!r}") from error


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate=_pem(certificate),
        key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
