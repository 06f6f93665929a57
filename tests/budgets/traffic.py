"""The requests of a browser tab, and the source of each response."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from local.config import BUCKET
from tests.e2e.person import Person

QUIET, TICK = 500, 50
"""Milliseconds without any request after which a view counts as complete, and between two checks."""
KINDS = {"Document": "document", "Script": "script", "Stylesheet": "style", "Font": "font", "Image": "image"}


@dataclass
class Fetch:
    """One request and its response; each step of a redirect is one. `transferred`, `body` and `unpacked` are bytes."""

    kind: str
    path: str
    source: str = "network"
    transferred: int = 0
    body: int = 0
    """As sent, compressed."""
    unpacked: int = 0

    @property
    def image(self) -> str | None:
        """The name of a job's image, for the redirect to it and for the image itself."""
        named = self.kind == "image" and self.path.startswith(("/r2-ai/", f"/{BUCKET}/"))
        return self.path.rpartition("/")[2] if named else None


class Traffic:
    """Records a tab's requests from now on; content from memory (`blob:`, `data:`) is not a request.

    Requests that are open when the tab leaves their document are dropped: the browser does not report their end.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._open: dict[str, Fetch] = {}
        self._done: list[Fetch] = []
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.requestServedFromCache", self._remembered)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.dataReceived", self._came)
        session.on("Network.loadingFinished", self._ended)
        session.on("Network.loadingFailed", self._ended)
        session.on("Page.frameNavigated", self._left)
        session.send("Network.enable")
        session.send("Page.enable")

    def settled(self) -> list[Fetch]:
        """Wait until no request is open, and return the requests since the last call."""
        calm = 0
        while calm < QUIET:
            self.page.wait_for_timeout(TICK)
            calm = 0 if self._open else calm + TICK
        done, self._done = self._done, []
        return done

    def of_the_start(self) -> list[Fetch]:
        """Open the page, and return the requests until the start view is complete."""
        self.page.goto("/")
        Person(self.page).sees("start")
        return self.settled()

    def _sent(self, event: dict[str, Any]) -> None:
        if redirected := event.get("redirectResponse"):
            self._answered({**event, "response": redirected})
            self._ended({**event, "encodedDataLength": redirected["encodedDataLength"]})
        url = urlsplit(event["request"]["url"])
        if url.scheme in ("http", "https"):
            kind = "api" if url.path.startswith("/api/") else KINDS.get(event["type"], "other")
            self._open[event["requestId"]] = Fetch(kind, url.path)

    def _left(self, event: dict[str, Any]) -> None:
        """Keep only the new document's own request, which has its loader's id; it has sent no other yet."""
        self._open = {name: fetch for name, fetch in self._open.items() if name == event["frame"]["loaderId"]}

    def _remembered(self, event: dict[str, Any]) -> None:
        if fetch := self._open.get(event["requestId"]):
            fetch.source = "memory cache"

    def _answered(self, event: dict[str, Any]) -> None:
        fetch = self._open.get(event["requestId"])
        if fetch and fetch.source == "network":
            fetch.source = "disk cache" if event["response"].get("fromDiskCache") else "network"
            fetch.body = -event["response"]["encodedDataLength"]  # of the headers; the total is added at the end

    def _came(self, event: dict[str, Any]) -> None:
        if fetch := self._open.get(event["requestId"]):
            fetch.unpacked += event["dataLength"]

    def _ended(self, event: dict[str, Any]) -> None:
        if fetch := self._open.pop(event["requestId"], None):
            fetch.transferred = int(event.get("encodedDataLength", 0))
            fetch.body = max(0, fetch.body + fetch.transferred)  # a request that failed has no body
            self._done.append(fetch)
