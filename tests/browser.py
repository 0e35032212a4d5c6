"""A page in headless Chromium, driven through its debugging pipe: no driver is needed."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio", "--remote-debugging-pipe"),
)


class Page:
    """One page, and all that it told: errors, requests."""

    def __init__(self, to_browser, from_browser):
        self._to, self._from, self._number, self.told = to_browser, from_browser, 0, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    _session: dict = {}  # noqa: RUF012

    def ask(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._next()).get("id") != self._number:
            self.told.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, url, width=1200, scheme="light"):
        """Load a page at a width and wait until it is there."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=800, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)
        self.ask("Page.navigate", url=url)
        while not any(message.get("method") == "Page.loadEventFired" for message in self.told):
            self.told.append(self._next())

    def value(self, expression):
        """Evaluate JavaScript; a promise is waited for."""
        found = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def requests(self):
        """Addresses that were asked for, those within the page left out."""
        sent = [m["params"] for m in self.told if m.get("method") == "Network.requestWillBeSent"]
        urls = [each["request"]["url"] for each in sent]
        return [url for url in urls if not url.startswith("data:")]

    def errors(self):
        """Tell what went wrong, in the console or in a script."""
        return [
            message
            for message in self.told
            if message.get("method") == "Runtime.exceptionThrown"
            or message.get("params", {}).get("entry", {}).get("level") in ("error", "warning")
            or message.get("params", {}).get("type") in ("error", "warning")
        ]

    def _next(self):
        message = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser ended"
            message += byte
        return json.loads(message)


@contextmanager
def browser():
    """Start Chromium with a profile of its own and give a page of it."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()

    def wire():
        # The pipe is at descriptors 3 and 4, whatever they were before.
        first, second = (fcntl.fcntl(d, fcntl.F_DUPFD, 10) for d in (theirs_in, theirs_out))
        for target, source in ((3, first), (4, second)):
            os.dup2(source, target)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [CHROMIUM, *_OPTIONS, f"--user-data-dir={profile}"],
            preexec_fn=wire,
            close_fds=False,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        with os.fdopen(ours_out, "wb") as to_browser, os.fdopen(ours_in, "rb") as from_browser:
            try:
                page = Page(to_browser, from_browser)
                yield page
                page._session = {}
                page.ask("Browser.close")
            finally:
                process.terminate()
                process.wait(timeout=20)
