"""The browser of these tests: which one there is, and `python -m tests.e2e.browser` to get one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "The tests of the page need Chromium, and none could be installed. Install it with your system's packages (Debian: "
    "apt install chromium) or name the program: CHROMIUM=/path/to/chromium make test"
)


class NoBrowserError(Exception):
    """One sentence for the person at the desk."""


def found() -> str | None:
    """The program to run: the one named by CHROMIUM, the system's, or the one that Playwright has installed.

    Raises NoBrowserError when CHROMIUM names what is not there.
    """
    if named := os.environ.get("CHROMIUM"):
        if shutil.which(named) is None:
            raise NoBrowserError(f"CHROMIUM is {named!r}, and there is no such program.")
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def installed() -> str:
    """The program to run, installed where it was missing: by apt where that is allowed, else by Playwright.

    Raises NoBrowserError when neither has brought one.
    """
    if path := found():
        return path
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if shutil.which("apt-get") and all(shutil.which(program) for program in root[:1]):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation"]):
            _tried([*root, "apt-get", "--quiet", "--quiet", *command])
    if path := found():
        return path
    _tried([sys.executable, "-m", "playwright", "install", "chromium"])
    if path := found():
        return path
    raise NoBrowserError(MISSING)


def flags() -> list[str]:
    """Start it without what phones home; root has no sandbox to be put in."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return ["--disable-gpu", *quiet, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def _tried(command: list[str]) -> None:
    """Run what may fail: `found()` tells afterwards."""
    subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603 - our own words


if __name__ == "__main__":
    try:
        installed()
    except NoBrowserError as error:
        sys.exit(str(error))
