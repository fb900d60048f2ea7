"""Makes src/crumbless/accounts/frequent_passwords.txt from a file with a password in each line, the most common first.

`python tools/generate_passwords.py FILE`. The list in the repository was made from that of zxcvbn (MIT licence, see
NOTICE). Passwords that are too short to be chosen are left out.
"""

import sys
from pathlib import Path

from crumbless.accounts.password import COMMON_FILE, MIN_LENGTH, normal_form

MAX_ITEMS = 6_000


def main(source: str) -> None:
    """Writes the file, sorted."""
    lines = Path(source).read_text(encoding="utf-8").splitlines()
    long_enough = dict.fromkeys(normal_form(line) for line in lines if len(line) >= MIN_LENGTH)
    COMMON_FILE.write_text("\n".join(sorted([*long_enough][:MAX_ITEMS])) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
