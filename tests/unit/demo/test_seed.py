"""The demo's operators: one of each role, added once."""

from pathlib import Path

from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.demo.seed import EMAIL, SITE_KEY, seed
from crumbless.people.member_store import list_members
from crumbless.security.access import OPERATOR_ROLES
from crumbless.sites.site_store import find_site


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
