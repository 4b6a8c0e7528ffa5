"""What a hub sends to renew: whatever it is, it is read or refused with the name of the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed
from core.model.renewal import read_renewal
from tests.dashboard.test_hub import new_request
from wayhome import certificates

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CERTIFICATE = certificates.new_client(
    certificates.new_authority(NOW), "hub-7f3k-1", NOW, timedelta(days=90)
).certificate
REQUEST = new_request()[1]
FIELDS = {"certificate", "request", "signature"}


@given(st.data())
def test_anything_is_refused_with_the_name_of_its_field(data: st.DataObject) -> None:
    bent = st.builds(
        lambda text, at, more: text[:at] + more + text[at + 1 :],
        st.sampled_from([CERTIFICATE, REQUEST]),
        st.integers(0, 700),
        st.text(max_size=3),
    )
    texts = st.one_of(st.text(max_size=40), bent, st.sampled_from([CERTIFICATE, REQUEST]))
    given_fields = [data.draw(texts) for _ in FIELDS]
    with pytest.raises(Malformed) as told:
        read_renewal(*given_fields)
    assert told.value.field in FIELDS


def test_a_certificate_whose_key_is_none_is_refused() -> None:
    der = bytearray(x509.load_pem_x509_certificate(CERTIFICATE.encode()).public_bytes(Encoding.DER))
    point = der.index(bytes.fromhex("034200")) + 4  # where the key's point on the curve begins
    der[point] ^= 1
    bent = x509.load_der_x509_certificate(bytes(der)).public_bytes(Encoding.PEM).decode()
    with pytest.raises(Malformed) as told:
        read_renewal(bent, REQUEST, "")
    assert told.value.field == "certificate"
