"""The report of an invalid setting: the values that it accepts, in words instead of msgspec's types and patterns."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list"}


def explain_invalid(error: msgspec.ValidationError, root: type) -> tuple[str, str]:
    """Return the name of the invalid setting, and the values that it accepts.

    Args:
        error: from the conversion of `root`.
        root: the structure whose fields are sections of settings.
    """
    message, _, path = str(error).partition(" - at `$.")
    # The path contains the section, then the setting, then the invalid part.
    parts = re.findall(r"\w+", path)
    hint = _hint_at(root, parts)
    inner = f"`{parts[-1]}`: " if len(parts) > 2 and not parts[-1].isdigit() else ""
    if message.startswith("Object"):
        return parts[1], message.removeprefix("Object ")
    return parts[1], f"{inner}expected {accepted_values(hint)}"


def accepted_values(hint: Any) -> str:
    """Return the values that a type accepts: its description, its choices, or its kind and bounds."""
    base, meta = _split(hint)
    if meta.description:
        return meta.description
    if get_origin(base) is Literal:
        *others, last = get_args(base)
        return f"{', '.join(others)} or {last}" if others else last
    kind = KINDS.get(get_origin(base) or base, "a table")
    if base is str and (meta.min_length or meta.max_length):
        return f"{kind} of {_bounds(meta.min_length, meta.max_length).removeprefix('from ')} characters"
    if meta.gt is not None:
        return f"{kind} above {meta.gt:g}, at most {meta.le:,}"
    return f"{kind} {_bounds(meta.ge, meta.le)}" if base in {int, float} else kind


def _bounds(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least:,}"
    return f"at most {most:,}" if least is None else f"from {least:,} to {most:,}"


def _split(hint: Any) -> tuple[Any, msgspec.Meta]:
    """Return the type without its annotations, and the first annotation of msgspec."""
    if get_origin(hint) is not Annotated:
        return hint, msgspec.Meta()
    base, *annotations = get_args(hint)
    return base, next((one for one in annotations if isinstance(one, msgspec.Meta)), msgspec.Meta())


def _hint_at(hint: Any, parts: Sequence[str]) -> Any:
    """Return the type at the end of a path of fields and indexes."""
    for part in parts:
        base, _ = _split(hint)
        hint = get_args(base)[0] if part.isdigit() else get_type_hints(base, include_extras=True)[part]
    return hint
