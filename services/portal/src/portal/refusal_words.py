"""What is refused of what somebody typed about themselves, into an entry or to look for, in their own words. Pure.

The sentences of the other services are made for programs too: those that a person meets are told here in their language, and one
that this release does not know as it is. Of windows, `window_refusals` tells.
"""

import re
from collections.abc import Mapping

from chassis.errors import Conflict, InvalidInput
from portal.languages import Language

_TOO_LONG = re.compile(r"(is to|must) have at most (?P<most>[0-9]+) characters")
_ONE_LINE = re.compile(r"must be one line of at most (?P<most>[0-9]+) characters")
_TOO_MANY = re.compile(r"must be at most (?P<most>[0-9]+)\.")
_ZONE = re.compile(r"is to be the IANA name of a place\b.* e\.g\. (?P<place>\S+)\.")
_ONE_OF = re.compile(r"is to be one of ")
_MANY_WORDS = re.compile(r"must (have|hold) at most [0-9]+ .*look for fewer")


def refusal_told(refused: InvalidInput, language: Language) -> str:
    """What is wrong with a field, and what would be right."""
    remedy = refused.remedy
    if _MANY_WORDS.match(remedy):
        return language.say("These are too many words. Look for fewer.")
    if long := _TOO_LONG.match(remedy):
        return language.say("Write it in at most %(most)s characters.", most=long["most"])
    if line := _ONE_LINE.match(remedy):
        return language.say("Write it in one line, with at most %(most)s characters.", most=line["most"])
    if many := _TOO_MANY.match(remedy):
        return language.say("Write %(most)s of them at most.", most=many["most"])
    if zone := _ZONE.search(remedy):
        return language.say("Choose the name of a place, such as %(place)s.", place=zone["place"])
    if _ONE_OF.match(remedy):
        return language.say("Choose one of those that are offered.")
    return _sentences(language).get(remedy) or language.say(remedy)


def hours_conflict_told(conflict: Conflict, language: Language) -> str:
    """Why calling hours cannot be as somebody wants them."""
    if "calling hours stay as they are" in str(conflict):
        return language.say(
            "Your hours stay as they are: not all of your windows lie within the new ones. Change or delete those first."
        )
    return language.say(str(conflict))


def _sentences(language: Language) -> Mapping[str, str]:
    """By what window-scheduler (`people`, `calling_hours`) and the journal (`search_query`) say; a test holds them together."""
    return {
        "is to be what the person is called; it is empty.": language.say("Write what you are called."),
        "is to be one line of text; it holds a line break or another control character.": language.say(
            "Write it in one line."
        ),
        "is to begin with + and the country code, e.g. +43 for Austria.": language.say(
            "Begin with + and the code of the country, as in +43 660 1234567."
        ),
        "is to be a + and up to 15 digits, with a country code in use.": language.say(
            "Type a telephone number: digits, with + and the country before them."
        ),
        "has too few or too many digits for its country.": language.say(
            "This number has too few or too many digits. Type it once more."
        ),
        "has an extension, which cannot be dialed; give a direct number.": language.say(
            "This number has an extension, which cannot be dialed. Type a direct one."
        ),
        "is a premium-rate number, which is never called; give a plain one.": language.say(
            "This number costs whoever calls it extra, and such ones are never called. Type another one."
        ),
        "is to be a BCP 47 tag of a language and where it is spoken, e.g. en-US or de-AT.": language.say(
            "Choose one of those that are offered."
        ),
        "is to be HH:MM of a 24-hour clock, e.g. 08:30.": language.say(
            "Write the time as hours and minutes of a 24-hour clock, for example 08:30."
        ),
        'has a quotation mark without a second one. Close the phrase ("a long walk"), or leave the mark out.': language.say(
            "A quotation mark has no second one. Close the phrase, or leave the mark out."
        ),
        "must hold a word, a phrase or a tag that is to be there; those to leave out stand beside it (walk -rain).": (
            language.say("Write a word that is to be there, beside what is to be left out: walk -rain.")
        ),
        'must hold a word to look for, a phrase ("a long walk") or a tag (tag:work).': language.say(
            "Write a word to look for, a phrase in quotation marks, or a tag: tag:work."
        ),
        "has a tag without a name. Write it after the colon, without a space: tag:work.": language.say(
            "A tag has no name. Write it after the colon, without a space: tag:work."
        ),
    }
