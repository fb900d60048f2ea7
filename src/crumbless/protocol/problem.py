"""Problem documents (RFC 9457)."""

import msgspec


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem document. `type` is `urn:crumbless:problem:CODE`. `work`: the challenge of a `work_needed`."""

    type: str
    title: str
    status: int
    detail: str = ""
    work: str = ""
