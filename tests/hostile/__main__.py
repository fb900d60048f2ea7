"""`PYTHONPATH=tests python -m hostile [ATTACK ...]`: run attacks and print the table."""

import asyncio
import sys
import tempfile
from pathlib import Path

from hostile.attacks import ATTACKS
from hostile.run import Report, run_attack, table_of


async def main(names: list[str]) -> None:
    """Run the named attacks, or all of them."""
    reports = list[Report]()
    for name in names or [*ATTACKS]:
        with tempfile.TemporaryDirectory() as folder:
            reports.append(await run_attack(Path(folder), name))
            sys.stdout.write(table_of(reports[-1:]).splitlines()[-1] + "\n")
    sys.stdout.write(table_of(reports) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
