r"""What the files of an archive are called: safe on Windows, macOS and Linux, whatever an entry's title is. Pure.

Windows has the narrowest rules: no < > : " / \ | ? *, no control characters, no space or full stop at the end of a name
(Microsoft, "Naming Files, Paths, and Namespaces"). A name begins with the day, so it is none of its reserved ones (CON, NUL …).
"""

import unicodedata
from datetime import datetime

LONGEST_TITLE_BYTES = 80
"""In UTF-8. A name may have 255 bytes, and a path on Windows 260 characters, of which others need most."""

README, MANIFEST = "README.md", "journal.json"
MARKDOWN, DOCUMENT, REVISIONS, RECORDING = "entry.md", "entry.json", "revisions.jsonl", "recording.wav"

_FORBIDDEN = frozenset('<>:"/\\|?*')
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that a name does without: control and format characters (bidi among them), and what has no form."""


class Folders:
    """Gives each entry a folder of its own, also where file systems see no difference between capitals and small letters."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def folder(self, began: datetime, title: str) -> str:
        """
        Args:
            began: by the clocks that the person lives by.
            title: any words; "" where there are none.
        """
        name = f"{began.year:04d}-{began:%m-%d %H%M} {safe(title)}".rstrip()
        numbered, number = name, 1
        while numbered.casefold() in self._taken:
            number += 1
            numbered = f"{name} ({number})"
        self._taken.add(numbered.casefold())
        return f"entries/{numbered}"


def safe(title: str) -> str:
    """A title as a part of a name; "" where nothing of it may stand in one."""
    composed = unicodedata.normalize("NFC", title)
    kept = (" " if each in _FORBIDDEN else each for each in composed)
    shown = " ".join(
        "".join(each for each in kept if unicodedata.category(each) not in _UNSEEN or each.isspace()).split()
    )
    return shown.encode()[:LONGEST_TITLE_BYTES].decode(errors="ignore").rstrip(" .")
