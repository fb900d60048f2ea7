"""Parts of a valid proof. Each fixture proves that the unmodified proof is accepted, so that a test's change is
refused."""

import pytest
from signed_proof import Claims, Header, good_claims, good_header, pack, sign, verify


@pytest.fixture
def header() -> Header:
    """Return the header of a valid proof. It proves that this proof is accepted."""
    verify(sign(pack(good_header()), pack(good_claims())))
    return good_header()


@pytest.fixture
def claims() -> Claims:
    """Return the claims of a valid proof. It proves that this proof is accepted."""
    verify(sign(pack(good_header()), pack(good_claims())))
    return good_claims()


@pytest.fixture
def proof() -> str:
    """Return a valid proof. It proves that this proof is accepted."""
    good = sign(pack(good_header()), pack(good_claims()))
    verify(good)
    return good
