"""Whatever page the portal has, a browser opens in the tests: with axe-core, at a desk and on a phone, in light and in dark."""

import ast
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

from portal_pages import PAGES_OF_ANYBODY, pages_of

import portal

NO_PAGES = {
    "/live",
    "/windows/calendar.ics",
    "/journal/{entry_id}/waveform.svg",
    "/sign-in/account/return",
}
"""What is no page, but a stream, a file, or the way back from an OpenID provider (tests/browser/test_an_account.py)."""


def routes() -> set[str]:
    """The paths that the portal's page modules answer GET at."""
    found = set()
    for path in Path(portal.__file__).parent.glob("*.py"):
        if path.name.startswith("api"):
            continue
        source = path.read_text()
        prefix = re.search(r'APIRouter\(prefix="([^"]+)"', source)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.AsyncFunctionDef):
                for each in node.decorator_list:
                    if isinstance(each, ast.Call) and ast.unparse(each.func) == "router.get":
                        found.add((prefix[1] if prefix else "") + _path_of(each.args[0], path.stem))
    return found


def _path_of(told: ast.expr, module: str) -> str:
    if isinstance(told, ast.Name):
        return str(getattr(importlib.import_module(f"portal.{module}"), told.id))
    return str(ast.literal_eval(told))


def test_each_page_is_opened_by_a_browser():
    opened = [path.partition("?")[0] for path in pages_of(SimpleNamespace(entry_id="e", window_id="w")).values()]
    opened += PAGES_OF_ANYBODY.values()
    missing = [
        route
        for route in routes() - NO_PAGES
        if not any(re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", route), path) for path in opened)
    ]
    assert missing == []


def test_the_search_finds_routes_with_and_without_a_prefix():
    assert {"/me/profile", "/windows/month", "/journal/{entry_id}/edit"} <= routes()
    assert routes() > NO_PAGES
