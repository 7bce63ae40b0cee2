"""Pages, made of the templates in `templates/`: everything in them is escaped, and what they name must be there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from portal.door import FORM_FIELD, Visit
from portal.languages import Language
from portal.static_files import StaticFiles

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    def __init__(self, static: StaticFiles) -> None:
        self._static = static
        self._environments: dict[str, Environment] = {}

    def page(
        self, template: str, language: Language, *, status: int = 200, visit: Visit | None = None, **content: object
    ) -> HTMLResponse:
        """A whole page.

        Args:
            template: its file, in `templates/`.
            language: that it is in.
            status: of HTTP.
            visit: who reads it; None: nobody who is signed in.
            content: what the template names.
        """
        text = self.part(template, language, visit=visit, **content)
        return HTMLResponse(text, status_code=status, headers={"content-language": language.tag})

    def part(self, template: str, language: Language, **content: object) -> Markup:
        """What a template makes, which is escaped: a part of a page, where it is not a whole one."""
        told: Mapping[str, object] = {"language": language, **content}
        return Markup(self._environment(language).get_template(template).render(told))  # noqa: S704 - see above

    def _environment(self, language: Language) -> Environment:
        if (known := self._environments.get(language.tag)) is not None:
            return known
        made = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        made.policies["ext.i18n.trimmed"] = True  # how a template breaks its lines is no part of a sentence
        install: Any = made  # the extension's methods are not in the types
        install.install_gettext_translations(language.texts, newstyle=True)
        made.globals |= {"static": self._static.url, "FORM_FIELD": FORM_FIELD}
        self._environments[language.tag] = made
        return made
