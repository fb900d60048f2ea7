"""A package whose private members we override has an upper bound, because any release may change them."""

import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import crumbless

ROOT = Path(__file__).parents[2]
GENERATED = {"_abc_impl", "_is_protocol", "_is_runtime_protocol"}
"""Private members that the standard library adds to classes."""


def our_classes() -> Iterator[type]:
    """Yield each class that a module of the server defines."""
    for module in pkgutil.walk_packages(crumbless.__path__, "crumbless."):
        # A migration runs when it is imported, and `__main__` is the command line.
        if ".migrations." not in module.name and not module.name.endswith(".__main__"):
            members = vars(importlib.import_module(module.name)).values()
            yield from (one for one in members if inspect.isclass(one) and one.__module__ == module.name)


def overridden(one: type) -> set[str]:
    """Return `module._member` for each private member of a base class that this class overrides."""
    private = {name for name in vars(one) if name.startswith("_") and not name.startswith("__")} - GENERATED
    return {f"{base.__module__}.{name}" for base in one.__mro__[1:] for name in private & vars(base).keys()}


@pytest.fixture(scope="module")
def packages() -> dict[str, set[str]]:
    """Return the overridden private members of each package that is not ours."""
    owners, found = packages_distributions(), dict[str, set[str]]()
    for member in set[str]().union(*map(overridden, our_classes())):
        for package in set(owners.get(member.partition(".")[0], ())) - {"crumbless"}:
            found.setdefault(canonicalize_name(package), set()).add(member)
    return found


def bounded() -> set[str]:
    """Return the dependencies with an upper bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    every = [*project["dependencies"], *(line for lines in project["optional-dependencies"].values() for line in lines)]
    requirements = [Requirement(line) for line in every]
    return {
        canonicalize_name(one.name)
        for one in requirements
        if any(part.operator in {"<", "<=", "==", "~="} for part in one.specifier)
    }


def test_overridden_private_members_are_found(packages: dict[str, set[str]]) -> None:
    assert packages["nats-py"] == {"nats.aio.client._process_info"}
    assert "uvicorn.protocols.http.httptools_impl._start_asgi_task" in packages["uvicorn"]


def test_package_whose_private_members_are_overridden_has_an_upper_bound(packages: dict[str, set[str]]) -> None:
    assert {name: members for name, members in packages.items() if name not in bounded()} == {}
