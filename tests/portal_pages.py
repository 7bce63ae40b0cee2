"""The pages of the portal, by name: those that a person has, and those of whoever is not signed in."""

from typing import Any


def pages_of(life: Any) -> dict[str, str]:
    """
    Args:
        life: whose they are (tests/browser/conftest.py).
    """
    entry = f"/journal/{life.entry_id}"
    return {
        "today": "/",
        "day": "/days/2026-01-05",
        "windows": "/windows",
        "windows-month": "/windows/month",
        "window-new": "/windows/new",
        "window": f"/windows/{life.window_id}",
        "window-delete": f"/windows/{life.window_id}/delete",
        "journal": "/journal",
        "journal-search": "/journal/search?q=day",
        "archive": "/journal/archive",
        "entry": entry,
        "entry-edit": f"{entry}/edit",
        "entry-turn": f"{entry}/turns/0",
        "entry-history": f"{entry}/history",
        "entry-delete": f"{entry}/delete",
        "me": "/me",
        "me-profile": "/me/profile",
        "me-programme": "/me/programme",
        "me-calls": "/me/calls",
        "me-keeping": "/me/keeping",
        "me-accesses": "/me/accesses",
        "me-accounts": "/me/accounts",
        "me-devices": "/me/devices",
        "me-programs": "/me/programs",
        "me-delete": "/me/delete",
    }


PAGES_OF_ANYBODY = {
    "sign-in": "/sign-in",
    "sign-in-code": "/sign-in/code",
    "sign-in-link": "/sign-in/link/a-token",
}
