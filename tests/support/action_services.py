"""The services of an action without a server."""

from typing import Any, cast

from crumbless.http.action_services import ActionServices
from crumbless.security.encryption import KEY_BYTES, SecretBox


def make_services(ledger: object, reader: object, secret_box: SecretBox | None = None) -> ActionServices:
    """Return services that read and write as these do."""
    box = secret_box or SecretBox(bytes(KEY_BYTES))
    return ActionServices(cast(Any, ledger), cast(Any, reader), box)
