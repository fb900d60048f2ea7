"""Rules for names of operators, teams, sites and workspaces, and for the languages that an operator speaks."""

import re
from collections.abc import Sequence

from crumbless.core.errors import ApiError

MAX_NAME = 80
"""Longest name in characters. It is shown in one line above or beside a chat."""

MAX_LANGUAGES = 20

# Line ends and controls, and direction overrides, with which a name could impersonate another.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# Language tags (RFC 5646), without private and grandfathered forms.
_match_language = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{1,8}){0,3}", re.ASCII).fullmatch


def check_name(text: str, where: str) -> str:
    """Return the name without spaces around it.

    Args:
        where: its use, to follow "The name", such as "visitors see it beside the replies".

    Raises:
        ApiError: `invalid` if it is empty, too long or not one line.
    """
    name = text.strip()
    if not name:
        raise ApiError("invalid", f"The name is empty. Enter one: {where}.")
    if len(name) > MAX_NAME or _BREAKS.search(name):
        raise ApiError("invalid", f"The name must be one line of at most {MAX_NAME} characters; {where}.")
    return name


def check_languages(languages: Sequence[str]) -> list[str]:
    """Return the languages in their order, without repetitions.

    Raises:
        ApiError: `invalid` if one is not a language tag such as `de` or `pt-BR`, or if there are too many.
    """
    if len(languages) > MAX_LANGUAGES:
        raise ApiError("invalid", f"Choose at most {MAX_LANGUAGES} languages.")
    for language in languages:
        if not _match_language(language):
            raise ApiError("invalid", "Enter each language as a tag, such as de or pt-BR.")
    return [*dict.fromkeys(languages)]


FOR_PEOPLE = "visitors see it beside the replies"


FOR_SITES = "visitors see it above the chat"


FOR_WORKSPACES = "its operators see it in the desk"
