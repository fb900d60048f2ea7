"""Parts of a good proof. Taking one proves that the unmodified proof is accepted: it is the change that is refused."""

import pytest
from signed_proof import Claims, Header, good_claims, good_header, pack, sign, verify


@pytest.fixture
def header() -> Header:
    """The header of a good proof; taking it proves that this proof is accepted."""
    verify(sign(pack(good_header()), pack(good_claims())))
    return good_header()


@pytest.fixture
def claims() -> Claims:
    """The claims of a good proof; taking them proves that this proof is accepted."""
    verify(sign(pack(good_header()), pack(good_claims())))
    return good_claims()


@pytest.fixture
def proof() -> str:
    """A good proof; taking it proves that it is accepted."""
    good = sign(pack(good_header()), pack(good_claims()))
    verify(good)
    return good
