"""axe-core on a page: the rules of WCAG 2.0 to 2.2, levels A and AA, that a machine can decide."""

from typing import Any

from playwright.sync_api import Page

from deployment import ROOT

SCRIPT = ROOT / "web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule, in what the page shows now."""
    page.evaluate(SCRIPT.read_text())  # by the debugger's protocol, which the page's policy does not reach
    found: dict[str, Any] = page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    return [
        f"{rule['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
