"""Every value that a client can send has a limit in its type: texts, lists and mappings."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
import pytest
from msgspec import inspect as shapes

from crumbless.protocol.frames import MAX_FRAME, AnyClientFrame
from crumbless.routes import ROUTES

PACKAGE = Path(__file__).parents[2] / "src" / "crumbless"

REQUESTS: dict[str, Any] = {
    **{kind.__name__: kind for route in ROUTES if (kind := route.signature.takes) not in {None, bytes}},
    **{frame.__name__: frame for frame in get_args(AnyClientFrame)},
}


def unbounded(shape: shapes.Type, path: str, seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """Yield the path of every part of the type that has no limit, or one beyond a whole frame."""
    match shape:
        case shapes.StrType() | shapes.BytesType() | shapes.CollectionType() | shapes.DictType():
            if shape.max_length is None or shape.max_length > MAX_FRAME:
                yield path
        case shapes.AnyType() | shapes.RawType() | shapes.CustomType() | shapes.ExtType():
            yield path
        case _:
            pass
    for name, part in parts_of(shape, seen):
        yield from unbounded(part, f"{path}{name}", seen | classes_of(shape))


def classes_of(shape: shapes.Type) -> frozenset[type]:
    return frozenset({shape.cls}) if isinstance(shape, shapes.StructType) else frozenset()


def parts_of(shape: shapes.Type, seen: frozenset[type]) -> list[tuple[str, shapes.Type]]:
    """Return what the type is made of, with the names."""
    match shape:
        case shapes.StructType(cls=cls, fields=fields):
            return [] if cls in seen else [(f".{field.encode_name}", field.type) for field in fields]
        case shapes.CollectionType(item_type=item):
            return [("[]", item)]
        case shapes.TupleType(item_types=items):
            return [(f"[{number}]", item) for number, item in enumerate(items)]
        case shapes.DictType(key_type=key, value_type=value):
            return [("{key}", key), ("{}", value)]
        case shapes.UnionType(types=types):
            return [("", one) for one in types]
        case _:
            return []


def unbounded_of(kind: Any) -> list[str]:
    return [*unbounded(shapes.type_info(kind), getattr(kind, "__name__", "value"))]


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_every_field_of_a_request_has_a_limit(name: str) -> None:
    assert unbounded_of(REQUESTS[name]) == []


class Inner(msgspec.Struct):
    texts: list[Annotated[str, msgspec.Meta(max_length=3)]]


class Sample(msgspec.Struct):
    plain: str
    good: Annotated[str, msgspec.Meta(max_length=3)]
    huge: Annotated[str, msgspec.Meta(max_length=MAX_FRAME + 1)]
    maybe: str | None
    named: dict[str, int]
    anything: Any
    inner: Inner


def test_fields_without_a_limit_are_found() -> None:
    assert unbounded_of(Sample) == [
        "Sample.plain",
        "Sample.huge",
        "Sample.maybe",
        "Sample.named",
        "Sample.named{key}",
        "Sample.anything",
        "Sample.inner.texts",
    ]


def test_bodies_are_decoded_by_the_route_adapter_alone() -> None:
    calls = {
        (file.stem, ast.unparse(call.func))
        for file in PACKAGE.glob("*/*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
    }
    readers = {"read_json", "request.body", "request.json", "request.form", "call.request.body", "call.request.json"}
    assert {one for one in calls if one[1] in readers} == {
        ("route_adapter", "read_json"),
        ("request", "request.body"),
    }
    assert len(REQUESTS) > 40
