"""Writes the table of stored items into README.md, from storage.toml and its English texts.

`python tools/generate_readme.py` writes the table. With `--check` it writes nothing and exits 1 if it is out of date.
"""

import sys
from pathlib import Path

from crumbless.device_storage.registry_read import read_storage_texts
from crumbless.device_storage.storage_registry import parse_registry

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- storage: begin -->\n", "<!-- storage: end -->"


def table() -> str:
    registry = parse_registry((ROOT / "storage.toml").read_text(encoding="utf-8"))
    texts = read_storage_texts()["en"]
    rows = [
        f"| `{item.key}` | {item.mechanism}, {', '.join(item.surfaces)} | {texts.item[item.name].contains} "
        f"| {texts.written[item.written]} | {item.lifetime} |\n"
        for item in registry.of_services(frozenset())
    ]
    return "| key | where | what | written | at most |\n|---|---|---|---|---|\n" + "".join(rows)


def main() -> int:
    """Write the file, or with `--check` compare it. Return the exit code."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    made = text[: text.index(BEGIN) + len(BEGIN)] + table() + text[text.index(END) :]
    if "--check" not in sys.argv[1:]:
        readme.write_text(made, encoding="utf-8")
    elif made != text:
        print("README.md is out of date: run python tools/generate_readme.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
