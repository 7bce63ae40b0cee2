"""The languages that there are: English, and what `locales/` has translations into.

A catalogue is a `.po` file, as translators' programs read it, and is read when the process starts.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from portal.languages import Language

CATALOGUES = Path(__file__).parent / "locales"
ENGLISH = "en"


class Languages:
    """All there are.

    Args:
        catalogues: a folder with `<tag>.po` for each language but English.
    """

    def __init__(self, catalogues: Path = CATALOGUES) -> None:
        self._texts: dict[str, NullTranslations] = {ENGLISH: NullTranslations()}
        for path in sorted(catalogues.glob("*.po")):
            self._texts[path.stem] = _translations(path)

    @property
    def tags(self) -> Sequence[str]:
        return list(self._texts)

    def of(self, *wanted: str) -> Language:
        """The first of these that there is, or English.

        Args:
            wanted: BCP 47 tags, the best first: a person's locale, or what a browser asks for.
        """
        for tag in wanted:
            found = negotiate_locale([tag], self.tags, sep="-")
            if found is not None:
                found = found.lower()  # it comes back as it was asked for
                return Language(found, _locale(tag) or Locale.parse(found), self._texts[found])
        return Language(ENGLISH, Locale.parse(ENGLISH), self._texts[ENGLISH])


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, LookupError, UnknownLocaleError):
        return None


def _translations(path: Path) -> Translations:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=path.stem))
    compiled.seek(0)
    return Translations(compiled)
