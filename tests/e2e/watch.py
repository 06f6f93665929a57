"""What must be true of every visit, whatever it is about: watched from the first request to the last.

The browser reports breaches of the content security policy, errors in the console, layout shifts, and everything that
could keep or show what only a request may carry: addresses, titles, web storage, console lines.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Frame, Page

SECRET = re.compile(r"X-Amz-|Signature=|\beyJ[\w-]{8,}|[?&#](share|token|id_token|access_token)=|code_verifier|r8_\w")
"""A signed URL, a JWT, a share link's token, a PKCE verifier, the provider's key."""
OBSERVE = """
window.__breaches = [];
addEventListener('securitypolicyviolation', (event) =>
  window.__breaches.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shifts.push({
    value: entry.value,
    at: Math.round(entry.startTime),
    moved: entry.sources.map(({ node, previousRect, currentRect }) =>
      [node?.nodeName, node?.className, JSON.stringify(previousRect), JSON.stringify(currentRect)].join(' ')),
  });
}).observe({ type: 'layout-shift', buffered: true });
"""
KEPT = """async () => ({
  local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie,
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
})"""


@dataclass
class Watch:
    """What one visitor's pages did.

    `expected` are statuses whose console line is no fault, for example 429. `shift` is the most that the layout may
    shift in a whole visit, added up; web.dev/articles/cls (2026-11-22) calls up to 0.1 good.
    """

    origin: str
    expected: set[int]
    shift: float
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of a context, from before its first script."""
        context.add_init_script(OBSERVE)
        context.on("page", self._follow_page)
        context.on("console", self._line)
        context.on("weberror", lambda error: self.errors.append(f"uncaught {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def check(self) -> None:
        """Every rule, on what was seen and on what the open pages hold now."""
        assert self.errors == []
        assert self.elsewhere == [], "a request left the installation"
        assert [line for line in [*self.lines, *self.addresses] if SECRET.search(line)] == []
        for page in self.pages:
            if not page.is_closed() and page.url.startswith(self.origin):
                self.check_page(page)

    def check_page(self, page: Page) -> None:
        """The rules that need the page itself; call it before a page is left for another document."""
        if page.evaluate("!window.__shifts"):
            return  # no document of ours
        assert page.evaluate("window.__breaches") == []
        kept = page.evaluate(KEPT)
        assert kept["cookie"] == "", "a cookie can be read by script"
        assert (kept["databases"], kept["caches"]) == ([], [])
        assert SECRET.search(json.dumps(kept)) is None, kept
        assert SECRET.search(page.title()) is None
        shifts: list[dict[str, Any]] = page.evaluate("window.__shifts")
        assert sum(shift["value"] for shift in shifts) <= self.shift, shifts

    def _follow_page(self, page: Page) -> None:
        self.pages.append(page)
        page.on("framenavigated", self._navigated)

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None and "/_local/" not in frame.url:
            self.addresses.append(frame.url)

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.elsewhere.append(f"{parts.scheme}://{parts.netloc}{parts.path}")

    def _line(self, message: ConsoleMessage) -> None:
        self.lines.append(message.text)
        failed = re.search(r"the server responded with a status of (\d+)", message.text)
        told = failed and int(failed[1]) in self.expected
        offline = "net::ERR_INTERNET_DISCONNECTED" in message.text  # only a test switches the network off
        if message.type in ("error", "warning") and not (told or offline):
            path = urlsplit(message.location.get("url", "")).path
            self.errors.append(f"{message.type} {message.text} ({path})")
