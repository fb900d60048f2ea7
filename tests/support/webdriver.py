"""Drive WebKit and Firefox over WebDriver.

WebKit speaks it over HTTP, Firefox over Marionette, the protocol behind geckodriver.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from support.ports import free_port

DEADLINE_SECONDS = 60.0
"""Longest wait for a condition, and for one command."""

POLL_SECONDS = 0.05

ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"

PACKAGES = {"firefox": "firefox-esr", "webkit": "webkit2gtk-driver"}
"""Debian's package of each engine."""

# Both drivers run a script in this form, whether or not it contains `await`.
_SCRIPT = """
const done = arguments[arguments.length - 1];
const given = [...arguments].slice(0, -1);
(async function () { %s }).apply(null, given).then(
  (value) => done({ value: value ?? null }),
  (fault) => done({ fault: String(fault) }),
);
"""


class WebDriverError(Exception):
    """The browser reported an error."""


def find_command(engine: str) -> str:
    """Return the path of the engine's command. Raises RuntimeError if it is not installed."""
    names = ["WebKitWebDriver"] if engine == "webkit" else ["firefox-esr", "firefox"]
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError(f"{names[0]} is missing: install the package {PACKAGES[engine]}")
    return found


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of `condition`. Raises AssertionError after the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    fault: Exception | None = None
    while True:
        try:
            if value := condition():
                return value
            fault = None
        # A page that is being replaced has no frame and no element for a moment.
        except WebDriverError as failed:
            fault = failed
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:.0f} s: {what} ({fault})"
        time.sleep(POLL_SECONDS)


class Browser(ABC):
    """One browser with a separate profile. `frame` is a JavaScript expression that returns an iframe."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self, name: str, **parameters: Any) -> Any:
        """Send one WebDriver command and return its value. Raises WebDriverError if the browser reports an error."""

    @abstractmethod
    def clear(self) -> None:
        """Close all tabs and delete everything that the browser stores, its HTTP cache included."""

    def close(self) -> None:
        """End the browser and the processes it has started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _start(self, arguments: list[str], **environment: str) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                arguments, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
            )

    def _check_running(self) -> None:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the browser ended:\n{self._read_log()}")

    def _read_log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def open(self, address: str) -> None:
        """Open an address in this tab."""
        self.command("SwitchToFrame", id=None)
        self.command("Navigate", url=address)

    def reload(self) -> None:
        """Reload this tab."""
        self.command("SwitchToFrame", id=None)
        self.command("Refresh")

    def open_tab(self, address: str) -> str:
        """Open an address in a new tab, go there, and return the handle of the tab that was left."""
        left = self.command("GetWindowHandle")
        self.go_to_tab(self.command("NewWindow", type="tab")["handle"])
        self.open(address)
        return left

    def go_to_tab(self, handle: str) -> None:
        """Go to the tab with this handle."""
        self.command("SwitchToWindow", handle=handle)

    def run(self, script: str, *arguments: Any, frame: str = "") -> Any:
        """Return what the body of an async function returns. Raises WebDriverError if it throws."""
        self.command("SwitchToFrame", id=None)
        if frame:
            self.command("SwitchToFrame", id=self._run(f"return {frame}", ()))
        return self._run(script, arguments)

    def _run(self, script: str, arguments: tuple[Any, ...]) -> Any:
        outcome = self.command("ExecuteAsyncScript", script=_SCRIPT % script, args=list(arguments))
        if outcome is None:
            # Firefox: the document was replaced while the script ran.
            raise WebDriverError("the script was interrupted")
        if "fault" in outcome:
            raise WebDriverError(outcome["fault"])
        return outcome["value"]

    def wait_for(self, script: str, *arguments: Any, frame: str = "") -> Any:
        """Return the first true value that the expression has. Raises AssertionError after the deadline."""
        what = f"{script} {arguments}"
        return wait_for(lambda: self.run(f"return {script}", *arguments, frame=frame), what)

    def click(self, element: str, *arguments: Any, frame: str = "") -> None:
        """Click the element that the expression returns, once it is there."""

        def click() -> bool:
            found = self.run(f"return {element}", *arguments, frame=frame)
            if found is None:
                return False
            self.command("ElementClick", id=next(iter(found.values())))
            return True

        wait_for(click, f"click {element} {arguments}")

    def type(self, text: str, frame: str = "") -> None:
        """Press the keys of a text, wherever the focus is: in this frame, if one is named."""
        self.run("return null", frame=frame)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.command("PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])


_CLEAR_FIREFOX = """
Services.console.reset();
await new Promise((done) => Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, { onDataDeleted: done }));
"""

_SCRIPT_ERRORS = """
const ofPages = (one) => one instanceof Ci.nsIScriptError && one.category === "content javascript";
return Services.console.getMessageArray().filter((one) => ofPages(one) && !(one.flags & one.warningFlag)).map(String);
"""

TIMEOUTS = {"script": DEADLINE_SECONDS * 1000, "pageLoad": DEADLINE_SECONDS * 1000}

_PATHS = {
    "Navigate": "url",
    "Refresh": "refresh",
    "NewWindow": "window/new",
    "SwitchToWindow": "window",
    "SwitchToFrame": "frame",
    "ExecuteAsyncScript": "execute/async",
    "PerformActions": "actions",
    "ElementClick": "element/{id}/click",
}


class WebKit(Browser):
    """WebKitGTK's MiniBrowser. Its storage is ephemeral: a new session is a new profile."""

    def __init__(self, folder: Path, display: str) -> None:
        super().__init__(folder)
        port = free_port()
        # A session that does not start would wait without end, as when MiniBrowser finds no display.
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=DEADLINE_SECONDS)
        home = str(folder)
        self._start([find_command("webkit"), f"--port={port}"], DISPLAY=display, HOME=home, XDG_RUNTIME_DIR=home)
        try:
            wait_for(self._is_ready, "WebKitWebDriver starts")
            self._begin()
        except BaseException:
            self.close()
            raise

    def _is_ready(self) -> bool:
        self._check_running()
        try:
            return self._ask("GET", "/status")["ready"]
        except httpx.TransportError:
            return False

    def _begin(self) -> None:
        options = {"timeouts": TIMEOUTS, "webkitgtk:browserOptions": {"args": ["--automation"]}}
        asked = {"capabilities": {"alwaysMatch": options}}
        self._session = f"/session/{self._ask('POST', '/session', asked)['sessionId']}"

    def _ask(self, method: str, path: str, parameters: Any = None) -> Any:
        # WebKitWebDriver takes a POST only with a body.
        body = None if method != "POST" else json.dumps(parameters or {})
        value = self._http.request(method, path, content=body).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise WebDriverError(f"{value['error']}: {value.get('message')}")  # pyright: ignore[reportUnknownMemberType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def command(self, name: str, **parameters: Any) -> Any:
        """Send the command over HTTP."""
        if name == "GetWindowHandle":
            return self._ask("GET", f"{self._session}/window")
        path = _PATHS[name].format(id=parameters.get("id"))
        return self._ask("POST", f"{self._session}/{path}", parameters)

    def clear(self) -> None:
        """Begin a new session, which is a new browser with an empty profile."""
        self._ask("DELETE", self._session)
        self._begin()

    def close(self) -> None:
        """End the driver and the browser."""
        super().close()
        self._http.close()


class Firefox(Browser):
    """Firefox with a new profile."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        profile = folder / "profile"
        profile.mkdir()
        # Port 0 lets Firefox choose one, which it writes into a file.
        (profile / "user.js").write_text('user_pref("marionette.port", 0);\n')
        switches = ["--marionette", "--headless", "--no-remote", "--remote-allow-system-access"]
        self._ids = itertools.count(1)
        self._socket: socket.socket | None = None
        self._start([find_command("firefox"), *switches, "--profile", str(profile)], HOME=str(folder))
        try:
            self._socket = self._connect(profile / "MarionetteActivePort")
            self._socket.settimeout(2 * DEADLINE_SECONDS)
            # The browser greets first.
            self._read()
            self.command("NewSession", capabilities={"alwaysMatch": {"timeouts": TIMEOUTS}})
        except BaseException:
            self.close()
            raise

    def _connect(self, file: Path) -> socket.socket:
        def read_port() -> str:
            self._check_running()
            return file.read_text() if file.exists() else ""

        port = int(wait_for(read_port, "Firefox starts"))
        return socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS)

    def _receive(self, size: int) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(size)
        if not data:
            raise RuntimeError(f"Firefox closed its connection:\n{self._read_log()}")
        return data

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._receive(1)
        data = b""
        while len(data) < int(length[:-1]):
            data += self._receive(int(length[:-1]) - len(data))
        return json.loads(data)

    def command(self, name: str, **parameters: Any) -> Any:
        """Send the command over Marionette."""
        if name == "SwitchToFrame" and parameters["id"] is not None:
            # Marionette has a special form for an element.
            parameters = {"element": next(iter(parameters["id"].values()))}
        return self._send(f"WebDriver:{name}", parameters)

    def _send(self, name: str, parameters: Any) -> Any:
        assert self._socket is not None
        message = json.dumps([0, next(self._ids), name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, fault, value = self._read()
        if fault:
            raise WebDriverError(f"{fault['error']}: {fault['message']}")
        return value["value"] if isinstance(value, dict) and set(value) == {"value"} else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    def close(self) -> None:
        """End the connection and the browser."""
        super().close()
        if self._socket is not None:
            self._socket.close()

    def clear(self) -> None:
        """Close all tabs but a new one, and delete all site data and the HTTP cache."""
        handles = self.command("GetWindowHandles")
        self.open_tab("about:blank")
        fresh = self.command("GetWindowHandle")
        # A tab takes its sessionStorage with it; nothing else deletes that of frames.
        for handle in handles:
            self.go_to_tab(handle)
            self.command("CloseWindow")
        self.go_to_tab(fresh)
        self._run_privileged(_CLEAR_FIREFOX)

    def script_errors(self) -> list[str]:
        """Return the errors that no script of a page has caught since the browser was cleared."""
        return self._run_privileged(_SCRIPT_ERRORS)

    def set_preference(self, name: str, value: int | None) -> None:
        """Set a preference for the pages that are opened from now on; None restores its default."""
        change = (
            f"setIntPref({json.dumps(name)}, {value})" if value is not None else f"clearUserPref({json.dumps(name)})"
        )
        self._run_privileged(f"Services.prefs.{change}")

    def _run_privileged(self, script: str) -> Any:
        self._send("Marionette:SetContext", {"value": "chrome"})
        try:
            return self._run(script, ())
        finally:
            self._send("Marionette:SetContext", {"value": "content"})
