import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.time_zones import MEANT, checked_time_zone, zone_named
from window_scheduler.people import Consent, checked_profile, opted_out_still

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CONSENT = Consent(NOW - timedelta(days=1), "v1", "portal")
GOOD = {
    "name": "Ada Lovelace",
    "name_pronunciation": "",
    "phone_number": "+436601234567",
    "time_zone": "Europe/Vienna",
    "locale": "en-GB",
    "calling_hours": None,
    "consent": CONSENT,
    "programme": "evening_review",
}


def checked(**changes):
    return checked_profile(**{**GOOD, **changes}, now=NOW)


def test_what_is_right_is_kept_in_its_one_spelling():
    profile = checked(name="  Ada Lovelace ", phone_number="+43 660 1234567", locale="EN-gb")
    assert (profile.name, profile.phone_number, profile.locale) == ("Ada Lovelace", "+436601234567", "en-GB")


def test_checking_again_changes_nothing():
    once = checked()
    assert checked(name=once.name, phone_number=once.phone_number, locale=once.locale) == once


def test_the_name_is_spoken_as_its_pronunciation_says():
    assert checked().spoken_name == "Ada Lovelace"
    assert checked(name_pronunciation="AY-da").spoken_name == "AY-da"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "a" * 101),
        ("name", "Ada\nLovelace"),
        ("name", "Ada\x00"),
        ("name_pronunciation", "a\u2028b"),
        ("phone_number", ""),
        ("phone_number", "06601234567"),
        ("phone_number", "+43"),
        ("phone_number", "+99912345678"),
        ("phone_number", "+1202555012345678"),
        ("phone_number", "+12025550123 ext. 5"),
        ("phone_number", "+19005551234"),
        ("phone_number", "not a number"),
        ("locale", "english"),
        ("locale", "en_US"),
        ("locale", ""),
    ],
)
def test_what_cannot_be_right_is_named_and_not_repeated(field, value):
    with pytest.raises(InvalidInput) as refused:
        checked(**{field: value})
    assert refused.value.field == field
    assert len(value) < 4 or value not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Vienna",
        "Europe/Atlantis",
        "../../etc/passwd",
        "America/Argentina",
        "right/Europe/Vienna",
        "Europe/Vienna\x00",
        "Europe/" + "a" * 300,
    ],
)
def test_a_zone_is_the_name_of_a_place(name):
    with pytest.raises(InvalidInput) as refused:
        checked(time_zone=name)
    assert refused.value.field == "time_zone"


@pytest.mark.parametrize(
    ("field", "consent"),
    [
        ("consent.given_at", Consent(NOW + timedelta(hours=1), "v1", "portal")),
        ("consent.wording_version", Consent(NOW, "", "portal")),
        ("consent.channel", Consent(NOW, "v1", "over the phone")),
    ],
)
def test_a_consent_says_when_to_what_and_how(field, consent):
    with pytest.raises(InvalidInput) as refused:
        checked(consent=consent)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("EST", "America/New_York"),
        ("pst", "America/Los_Angeles"),
        ("CET", "Europe/Paris"),
        ("Europe/Viena", "Europe/Vienna"),
        ("america/new york", "America/New_York"),
        ("Mars", "Europe/Vienna"),
        ("AST", "America/Halifax or Asia/Riyadh"),
        ("ADT", "America/Halifax"),
        ("SST", "Pacific/Pago_Pago or Asia/Singapore"),
        ("EST5EDT", "America/New_York"),
        (" W. Europe Standard Time", "Europe/Berlin"),
    ],
)
def test_a_zone_that_is_none_is_answered_with_one_that_may_be_meant(written, meant):
    with pytest.raises(InvalidInput, match=meant):
        checked_time_zone(written)


def test_each_zone_that_is_offered_is_taken():
    for offered in MEANT.values():
        for name in re.split(", | or ", offered):
            assert checked_time_zone(name) == name


@pytest.mark.parametrize(
    "written", ["GMT+2", "gmt+2", "UTC-5", "UTC +05:30", "+0200", "-3", "2", "Etc/GMT-2", "Etc/GMT+12", "Etc/GMT0"]
)
def test_an_offset_is_no_zone_since_it_knows_no_clock_changes_and_its_sign_is_read_both_ways(written):
    with pytest.raises(InvalidInput, match="offset") as refused:
        checked_time_zone(written)
    assert "Etc/" not in str(refused.value)


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "Asia/Kolkata", "US/Eastern", "America/Argentina/Ushuaia"])
def test_a_place_is_taken_by_each_of_its_names_and_so_is_utc(name):
    assert checked_time_zone(name) == name


@given(st.text(max_size=40))
def test_no_text_breaks_the_check_of_zones(name):
    zone = zone_named(name)
    assert zone is None or zone.key == name


def test_only_a_consent_given_after_an_opt_out_ends_it():
    opted_out_at = NOW
    assert opted_out_still(opted_out_at, CONSENT) == opted_out_at
    assert opted_out_still(opted_out_at, None) == opted_out_at
    assert opted_out_still(opted_out_at, Consent(NOW + timedelta(seconds=1), "v1", "portal")) is None
    assert opted_out_still(None, CONSENT) is None


def test_a_person_does_not_show_in_what_is_printed():
    assert "Ada" not in repr(checked())
    assert "660" not in repr(checked())
