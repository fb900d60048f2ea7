"""The browser's store by itself, in real pages: what two tabs do to one another, and what the person does to both."""

import functools
import subprocess
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]

BUILD = """
import { build } from "vite";
const { output } = await build({
  configFile: false,
  logLevel: "error",
  publicDir: false,
  build: {
    write: false,
    target: "es2022",
    lib: { entry: "web/storage/storage.ts", formats: ["iife"], name: "crumblessTestStore" },
  },
}).then((made) => [made].flat()[0]);
process.stdout.write(output[0].code);
"""


@functools.cache
def store_code() -> str:
    """The store as one script."""
    made = subprocess.run(
        ["node", "--input-type=module", "--eval", BUILD],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return f"{made.stdout}; globalThis.store = crumblessTestStore; undefined"


def give_store(page: Page) -> None:
    """Lets a page's tests call `store`, as its own code would."""
    page.evaluate(store_code())
