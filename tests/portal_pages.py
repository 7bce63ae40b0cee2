"""The pages of the portal that a person has, by name."""

from typing import Any


def pages_of(life: Any) -> dict[str, str]:
    """
    Args:
        life: whose they are (tests/browser/conftest.py).
    """
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
        "entry": f"/journal/{life.entry_id}",
        "me": "/me",
        "me-profile": "/me/profile",
        "me-programme": "/me/programme",
        "me-calls": "/me/calls",
        "me-keeping": "/me/keeping",
        "me-accesses": "/me/accesses",
        "me-devices": "/me/devices",
        "me-programs": "/me/programs",
        "me-delete": "/me/delete",
    }
