"""The protocol's types for sites and their set-up."""

from typing import Literal

import msgspec

from crumbless.core.bounds import (
    Colour,
    Email,
    Languages,
    Name,
    Origins,
    Password,
    Secret,
    TimeZone,
)
from crumbless.protocol.frames import Operator

SiteSide = Literal["left", "right"]


class SetUpLinkResponse(msgspec.Struct, frozen=True):
    """The purpose of a setup link. `workspace_name` is empty if the owner chooses it."""

    workspace_name: str
    expires_at: int


class SetUpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Creates a workspace, its owner and its first site. `site_origins`: of the pages that show the chat."""

    secret: Secret
    workspace_name: Name
    name: Name
    email: Email
    password: Password
    site_name: Name
    site_origins: Origins
    languages: Languages = []
    time_zone: TimeZone = ""


class SetUpResponse(msgspec.Struct, frozen=True):
    """The owner is signed in with the key that signed the request, and the site exists. `token` is shown once."""

    token: str
    expires_at: int
    operator: Operator
    site: "SiteResponse"


class SiteRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new values of a site. `accent` is a colour such as #0e6a5a; null is the default."""

    name: Name
    origins: Origins
    accent: Colour | None = None
    side: SiteSide = "right"


class SiteResponse(msgspec.Struct, frozen=True):
    """A site and its embed code. `embed_seen_at`: when one of its pages last loaded the widget.

    `delete_at`: when it will be deleted; until then it is closed for visitors, and the deletion can be undone.
    """

    key: str
    name: str
    origins: list[str]
    accent: str | None
    side: SiteSide
    embed: str
    embed_seen_at: int | None
    embed_seen_origin: str | None
    created_at: int
    delete_at: int | None = None


class SitesResponse(msgspec.Struct, frozen=True):
    """The sites of a workspace."""

    sites: list[SiteResponse]


class SiteSeen(msgspec.Struct, frozen=True):
    """When a page of the site last loaded the widget, to the minute, and from which origin."""

    embed_seen_at: int | None
    embed_seen_origin: str | None
