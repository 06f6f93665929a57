"""What a person does on the page, by the words they read, in one of its languages."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "choose": "Choose an image",
        "start": "Enhance",
        "cancel": "Cancel",
        "download": "Download",
        "compare": "Before and after",
        "delete": "Delete",
        "close up": "Full screen",
        "share": "Share",
        "again": "New image",
        "retry": "Try again",
        "sign in": "Sign in",
        "sign out": "Sign out",
        "history": "Your images",
    },
    "de": {
        "choose": "Bild auswählen",
        "start": "Verbessern",
        "cancel": "Abbrechen",
        "download": "Herunterladen",
        "compare": "Vorher und nachher",
        "delete": "Löschen",
        "close up": "Vollbild",
        "share": "Teilen",
        "again": "Neues Bild",
        "retry": "Noch einmal versuchen",
        "sign in": "Anmelden",
        "sign out": "Abmelden",
        "history": "Ihre Bilder",
    },
}


class Person:
    """Someone at an open page."""

    def __init__(self, page: Page, language: str = "en") -> None:
        self.page = page
        self._words = WORDS[language]

    def button(self, word: str) -> Locator:
        return self.page.get_by_role("button", name=re.compile(self._words[word])).first

    def link(self, word: str) -> Locator:
        return self.page.get_by_role("link", name=re.compile(self._words[word])).first

    def sees(self, view: str, seconds: float = 60) -> None:
        """Wait until the page shows a view."""
        expect(self.page.locator("main")).to_have_attribute("data-view", view, timeout=seconds * 1000)

    def chooses(self, image: FilePayload | Path) -> None:
        """Through the button and the system's own dialogue."""
        with self.page.expect_file_chooser() as chooser:
            self.button("choose").click()
        chooser.value.set_files(image)

    def enhances(self, image: FilePayload | Path) -> None:
        """From the first view to the result."""
        self.chooses(image)
        self.starts()
        self.sees("result")

    def starts(self) -> None:
        self.sees("plan")
        self.button("start").click()

    def cancels(self) -> None:
        """Once the job is made; before that the button stops the sending."""
        self.sees("progress")
        self.page.wait_for_url("**/?job=*")
        self.button("cancel").click()
        self.sees("failed")

    def compares(self) -> Locator:
        """The slider between before and after."""
        return self.page.get_by_role("slider", name=re.compile(self._words["compare"]))


def file(content: bytes, name: str = "image.png", kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}
