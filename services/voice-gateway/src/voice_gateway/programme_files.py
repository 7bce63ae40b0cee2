"""The languages that come with Daybook, read once."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files

from voice_gateway.programmes import DEFAULT_LOCALE, DEFAULT_PROGRAMME, Language, Programme, SignInWords

LANGUAGES: dict[str, Language] = {
    file.name.removesuffix(".toml"): Language.model_validate(tomllib.loads(file.read_text("utf-8")))
    for file in files(__package__).joinpath("words").iterdir()
    if file.name.endswith(".toml")
}
"""By ISO 639 code, as their files are named."""
PROGRAMMES = frozenset(name for language in LANGUAGES.values() for name in language.programmes)
"""All that a person may have chosen."""


def programme_for(locale: str, operator: str, name: str = DEFAULT_PROGRAMME) -> Programme:
    """A programme in a person's language.

    Args:
        locale: BCP 47; English where its language is not there.
        operator: who calls, as the person is told.
        name: e.g. `gratitude`; the evening review where there is none of that name.
    """
    language = _language_of(locale)
    questions = language.programmes.get(name, language.programmes[DEFAULT_PROGRAMME])
    return Programme(language, questions, operator)


def sign_in_words(locale: str, operator: str) -> SignInWords:
    """What a call for signing in says, in a person's language (see `programme_for`)."""
    return SignInWords(_language_of(locale), operator)


def spoken_in_every_call(operator: str) -> Sequence[tuple[str, str]]:
    """What is said in every programme and language, each text once with its locale; those of the default language first."""
    languages = sorted(LANGUAGES.values(), key=lambda language: language.locale != DEFAULT_LOCALE)
    programmes = [Programme(each, questions, operator) for each in languages for questions in each.programmes.values()]
    return list(dict.fromkeys((text, each.locale) for each in programmes for text in each.fixed_prompts()))


def _language_of(locale: str) -> Language:
    return LANGUAGES.get(locale.partition("-")[0].lower(), LANGUAGES[DEFAULT_LOCALE.partition("-")[0]])
