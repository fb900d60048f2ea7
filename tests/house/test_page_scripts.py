"""Our scripts on customers' pages read the document through web/core/page_document.ts only.

An element with a name replaces the document's property of that name (tests/browser/test_clobbering.py).
"""

import posixpath
import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
ENTRIES = [
    "loader/loader.ts",
    "consent/consent.ts",
    "vendor_tags/tag_ga4.ts",
    "vendor_tags/tag_tiktok.ts",
    "host_storage/host_storage.ts",
]
IMPORT = re.compile(r"""\bfrom "(\.\.?/[^".]+)";""")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
READS = re.compile(r"\bdocument\s*[.?\[]|\bcurrentScript\b")


def sources() -> dict[str, str]:
    """Return every source file of these scripts, without its comments."""
    found: dict[str, str] = {}
    waiting = list(ENTRIES)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        text = (WEB / name).read_text(encoding="utf-8")
        found[name] = COMMENT.sub("", text)
        waiting += [posixpath.normpath(posixpath.join(name, "..", f"{path}.ts")) for path in IMPORT.findall(text)]
    return found


def test_scripts_on_customers_pages_do_not_read_the_document_directly() -> None:
    files = sources()
    assert {"core/page_document.ts", "loader/launcher_view.ts", "consent/script_gate.ts"} <= set(files)
    reading = {name for name, text in files.items() if READS.search(text.replace("pageDocument.currentScript", ""))}
    assert reading == set()


def test_read_of_the_document_is_found() -> None:
    assert READS.search("const { origin } = new URL(document.currentScript.src);")
    assert READS.search('document["body"].append(host);')
    assert not READS.search("pageDocument.body.append(host);")
