"""What a person may be called: one line, for who keeps a name and for who speaks it. Pure."""

import unicodedata

from chassis.errors import InvalidInput

LONGEST_NAME = 100
"""Characters."""


def checked_name(field: str, value: str) -> str:
    """A name as it is kept (NFC, no space around it); it may be empty.

    Args:
        field: of the request, by which it is refused.
        value: as it was told.

    Raises:
        InvalidInput: it is too long, or no line of text. The name is not repeated.
    """
    name = unicodedata.normalize("NFC", value).strip()
    if len(name) > LONGEST_NAME:
        raise InvalidInput(field, f"is to have at most {LONGEST_NAME} characters; it has {len(name)}.")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise InvalidInput(field, "is to be one line of text; it holds a line break or another control character.")
    return name
