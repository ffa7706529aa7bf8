"""What axe-core finds wrong with a page, by the rules of WCAG 2.2 AA."""

from __future__ import annotations

from importlib import resources

from selenium.webdriver import Chrome

_AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """
    const done = arguments[arguments.length - 1];
    const settings = { runOnly: { type: "tag", values: arguments[0] }, resultTypes: ["violations"] };
    const where = (violation) => violation.nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary);
    const told = (violation) => violation.id + ": " + where(violation).join(" | ");
    axe.run(document, settings).then((found) => done(found.violations.map(told)));
"""


def violations(driver: Chrome) -> list[str]:
    """One line for each broken rule, with the first elements that break it."""
    driver.execute_script(_AXE)
    found: list[str] = driver.execute_async_script(_RUN, _TAGS)
    return found
