"""Sign-in and chat in a second engine: Firefox, driven through WebDriver BiDi. Collected where a Firefox is at hand."""

import json
import subprocess
from pathlib import Path

from support.browser import find_firefox
from support.scene import PASSWORD, Scene

SCRIPT = Path(__file__).parents[1] / "support" / "firefox_talk.mjs"


def test_a_visitor_and_an_operator_talk_in_firefox(scene: Scene) -> None:
    firefox = find_firefox()
    assert firefox is not None
    arguments = [firefox, scene.server.address, scene.shop.origin, scene.emails["Olga"], PASSWORD]
    run = subprocess.run(["node", SCRIPT, *arguments], capture_output=True, text=True, timeout=150, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert {name for name in ("signedIn", "sent", "answered", "stillSignedIn") if told[name]} == {
        "signedIn",
        "sent",
        "answered",
        "stillSignedIn",
    }
    assert told["writtenBeforeTheClick"] == [0, 0, ""]
    assert set(told["keyCanBeExported"]) == {"InvalidAccessError"}, "a key that is kept cannot leave"
    assert told["cookies"] == ["", ""]
    assert told["complaints"] == []
    assert scene.timeline() == ["Do you deliver to Lisbon?", "Yes, in four days."]
