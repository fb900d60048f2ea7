"""The `crumbless` command with another table of permissions: operators also manage sites and people, and erase data.

Today only owners and admins do, who always see everything. With this table a test shows that their routes respect the
list of an operator who sees only some sites and teams.
"""

from crumbless.cli.main import main
from crumbless.security.access import PERMISSIONS, Verb

FURTHER: frozenset[Verb] = frozenset({"manage_sites", "manage_people", "erase_data"})
PERMISSIONS["operator"] |= FURTHER

if __name__ == "__main__":
    main()
