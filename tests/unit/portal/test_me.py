"""What a person can choose, and what the pages say of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.time_zones import checked_time_zone
from daybook.journal.v1.audit_pb2 import Access
from daybook.journal.v1.keeping_pb2 import Keeping
from daybook.scheduler.v1 import scheduler_pb2 as pb
from journal.describing import METHOD as DESCRIBED
from journal.rights import RIGHTS, Party
from portal.accesses import access_lines
from portal.catalogues import Languages
from portal.keeping_words import days_of, keeping_words, offered_days, takes_away
from portal.profile_form import profile_changes, profile_of, spoken_field
from portal.profile_pages import HEARD_AT_ONCE
from portal.programmes import programme_name, programmes
from portal.spoken_locales import SPOKEN, locale_choice, locale_choices
from portal.zone_choices import meant_zone, zone_choices
from voice_gateway.programme_files import LANGUAGES
from voice_gateway.speaking import A_MINUTE
from window_scheduler.people import PROGRAMMES, Profile

ENGLISH = Languages().of("en-GB")
VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
PROFILE = Profile("", "", "", "", "", None, None, "")
UNKNOWN = "did something that these pages have no words for"


def access(method="ReadEntry", *, minutes_ago=0, **changes):
    told = Access(caller="portal", for_person=True, method=method)
    told.MergeFrom(Access(**changes))
    told.at.FromDatetime(NOW - timedelta(minutes=minutes_ago))
    return told


def test_every_zone_that_is_offered_is_taken_and_has_words():
    offered = zone_choices(Locale.parse("en_GB"))
    assert {"Europe/Vienna", "America/New_York", "Asia/Kolkata", "UTC"} <= {each.name for each in offered}
    for each in offered:
        assert checked_time_zone(each.name) == each.name
        assert each.words
    words = {each.name: each.words for each in offered}
    assert words["Europe/Vienna"] == "Austria, Central European Time"
    assert words["Africa/Accra"] == "Ghana Time"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Vienna", "Europe/Vienna"),
        (" new york ", "America/New_York"),
        ("europe/vienna", "Europe/Vienna"),
        ("Louisville", "Louisville"),
        ("CET", "CET"),
        ("", ""),
    ],
)
def test_a_city_alone_means_its_zone(typed, meant):
    assert meant_zone(typed) == meant


@given(st.text(max_size=50))
def test_whatever_is_typed_as_a_zone_means_a_zone_or_itself(typed):
    meant = meant_zone(typed)
    assert meant == typed.strip() or checked_time_zone(meant) == meant


def test_only_what_was_changed_is_sent():
    person = pb.Person(person_id="p", name="Ada", phone_number="+43660", time_zone="Europe/Vienna", locale="en-GB")
    typed = profile_of(person)
    assert profile_changes(person, typed) is None
    request = profile_changes(person, {**typed, "name": " Augusta ", "time_zone": "Lisbon"})
    assert (request.name, request.time_zone) == ("Augusta", "Europe/Lisbon")
    assert not request.HasField("phone_number")
    assert not request.HasField("locale")
    assert profile_changes(person, {**typed, "name": ""}).HasField("name")


def test_the_programmes_are_those_that_there_are_and_ask_what_calls_ask():
    assert {each.key for each in programmes(ENGLISH)} == PROGRAMMES
    for each in programmes(ENGLISH):
        assert tuple(each.questions) == LANGUAGES["en"].programmes[each.key]
    assert programme_name("gratitude", ENGLISH) == "Gratitude"
    assert programme_name("of_a_later_release", ENGLISH) == "of_a_later_release"


def test_the_languages_that_are_offered_are_those_of_calls():
    assert {tag.partition("-")[0] for tag in SPOKEN} == set(LANGUAGES)
    assert [each.tag for each in locale_choices("en-GB")] == list(SPOKEN)
    assert locale_choice("de-AT").words == "Deutsch (Österreich)"
    own = locale_choices("fr-CA")[0]
    assert (own.tag, own.words, own.spoken) == ("fr-CA", "Français (Canada)", False)
    assert locale_choice("xx-YY").words == "xx-YY"


def test_keeping_in_words():
    assert keeping_words(Keeping(audio_days=1, without_descriptions=True), ENGLISH) == [
        "Recordings are kept for 1 day.",
        "Entries are kept for ever.",
        "No language model reads them.",
    ]
    assert offered_days(45) == [0, 730, 365, 90, 45, 30, 7]


@pytest.mark.parametrize(
    ("before", "after", "takes"),
    [((0, 0), (0, 0), False), ((0, 0), (30, 0), True), ((30, 0), (0, 0), False), ((30, 7), (7, 7), True)],
)
def test_a_shorter_time_takes_something_away(before, after, takes):
    old, new = (Keeping(audio_days=audio, entry_days=entries) for audio, entries in (before, after))
    assert takes_away(old, new) is takes


@pytest.mark.parametrize("chosen", ["", "-1", "36501", "x", "1.5", "٣", "9" * 5000])
def test_what_is_no_number_of_days_is_told(chosen):
    with pytest.raises(InvalidInput, match="audio_days"):
        days_of("audio_days", chosen)


def test_every_audited_method_has_words():
    mine = [
        method for method, right in RIGHTS.items() if right.audited and right.parties & {Party.PERSON, Party.GATEWAY}
    ]
    methods = [*(method.partition("/")[2] for method in mine), DESCRIBED]
    lines = access_lines([access(method) for method in methods], ENGLISH, VIENNA)
    assert UNKNOWN not in {line.what for line in lines}
    assert access_lines([access("Later")], ENGLISH, VIENNA)[0].what == UNKNOWN


def test_the_same_several_times_on_one_day_is_one_line():
    accesses = [access(minutes_ago=minute) for minute in (0, 1, 2)]
    accesses += [access("ReadAudio", minutes_ago=3), access(minutes_ago=4), access(minutes_ago=24 * 60)]
    lines = access_lines(accesses, ENGLISH, VIENNA)
    assert [(line.what, line.times) for line in lines] == [
        ("read an entry", 4),
        ("opened a recording", 1),
        ("read an entry", 1),
    ]
    assert lines[0].last_at == NOW


@pytest.mark.parametrize(
    ("caller", "for_person", "who"),
    [
        ("portal", True, "You"),
        ("voice-gateway", False, "Your call"),
        ("toolbox", False, "Whoever runs this Daybook"),
        ("journal", False, "The journal itself"),
        ("", False, "Somebody who did not show who they are"),
    ],
)
def test_who_asked_is_told_in_words(caller, for_person, who):
    told = access(refused_for="another_person")
    told.caller, told.for_person = caller, for_person
    [line] = access_lines([told], ENGLISH, VIENNA)
    assert (line.who, line.refused) == (who, True)


@pytest.mark.parametrize(
    ("name", "pronunciation"), [("Ada", ""), ("Ada", " "), ("Ada", "Aida"), ("", "Aida"), ("", "")]
)
def test_what_is_heard_is_what_window_scheduler_has_calls_say(name, pronunciation):
    typed = {"name": name, "name_pronunciation": pronunciation}
    kept = replace(PROFILE, name=name, name_pronunciation=pronunciation.strip())
    assert typed[spoken_field(typed)] == kept.spoken_name


def test_one_person_does_not_take_all_the_names_that_a_gateway_says():
    assert HEARD_AT_ONCE <= A_MINUTE / 2
