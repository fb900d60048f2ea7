"""The demo's operators: one of each role, added once."""

from pathlib import Path

from crumbless.demo.seed import EMAIL, SITE_KEY, seed
from crumbless.domain.access import OPERATOR_ROLES
from crumbless.store.database import write_once
from crumbless.store.operator_store import list_members
from crumbless.store.people_store import find_site
from crumbless.store.schema import migrate


def test_demo_has_one_operator_of_each_role_after_repeated_seeding(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'crumbless.db'}"
    migrate(url)
    first = seed(url, tmp_path, "http://localhost:1")
    again = seed(url, tmp_path, "http://localhost:2")
    assert first == again
    people = write_once(url, list_members)
    assert sorted(one.role for one in people) == sorted(OPERATOR_ROLES)
    assert [one.email for one in people if one.role == "owner"] == [EMAIL]
    site = write_once(url, lambda connection: find_site(connection, SITE_KEY))
    assert site is not None
    assert site.origins == ("http://localhost:2",)
