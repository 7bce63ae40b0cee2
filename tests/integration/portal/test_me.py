"""What a person sets of themselves, in a browser, and what window-scheduler and the journal have of it then."""

import html
import re

import pytest

from chassis.time_zones import zone_named
from daybook.journal.v1 import keeping_pb2, keeping_pb2_grpc
from daybook.scheduler.v1 import scheduler_pb2 as pb

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = ["/me", "/me/profile", "/me/programme", "/me/calls", "/me/keeping", "/me/accesses", "/me/devices", "/me/delete"]
FORMS = {
    "/me/profile": {"name": "Mallory"},
    "/me/programme": {"programme": "free"},
    "/me/calls/hours": {"hours": "own", "starts_at": "01:00", "ends_at": "02:00"},
    "/me/calls/consent": {"agreed": "yes"},
    "/me/calls/opt-out": {},
    "/me/keeping": {"audio_days": "1", "entry_days": "1", "sure": "yes"},
    "/me/devices/sign-out": {"browser": "00" * 32},
    "/me/devices/sign-out-elsewhere": {},
    "/me/delete": {"typed": "delete everything"},
}
PROBE = "\"'><xss-probe onload=x>{{7*7}}"


async def stored(house, person):
    return (await house.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))).person


async def kept(house, person):
    service = keeping_pb2_grpc.KeepingServiceStub(house.journal)
    return (await service.GetKeeping(keeping_pb2.GetKeepingRequest(person_id=person.person_id))).keeping


def text_of(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


async def test_one_page_tells_what_holds(house):
    person = await house.person(name_pronunciation="Aida")
    page = await (await house.signed_in(person)).page("/me")
    for told in (
        "Ada Lovelace",
        person.phone_number,
        "Europe/Vienna",
        "English (United Kingdom)",
        "Looking back on the day",
        "Daybook may call you.",
        "Recordings are kept for ever.",
        "1 device is signed in",
    ):
        assert told in page.text
    assert {path for path in PAGES if path != "/me"} <= set(page.links)


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_small_and_for_who_is_signed_in(house, path):
    browser = await house.signed_in(await house.person())
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert len(answer.content) < 80_000
    assert answer.text.count("<h1") == 1
    assert "style=" not in answer.text
    stranger = await house.browser().get(path)
    assert (stranger.status_code, stranger.headers["location"].startswith("/sign-in")) == (303, True)


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_without_its_token_changes_nothing(house, path):
    person = await house.person()
    browser = await house.signed_in(person)
    answer = await browser.post(path, FORMS[path])
    assert answer.status_code == 403
    assert await stored(house, person) == person
    assert await kept(house, person) == keeping_pb2.Keeping()


async def test_the_profile_is_changed_and_only_what_was_typed_anew(house):
    person = await house.person()
    browser = await house.signed_in(person)
    page = await browser.page("/me/profile")
    fields = {**page.fields, "name": "Augusta", "time_zone": "lisbon", "locale": "en-US"}
    # somebody else changes what this form does not
    await house.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, name_pronunciation="Gusta"))
    answer = await browser.post("/me/profile", {**fields, "name_pronunciation": "Gusta"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?done=profile")
    changed = await stored(house, person)
    assert (changed.name, changed.name_pronunciation, changed.time_zone) == ("Augusta", "Gusta", "Europe/Lisbon")
    assert changed.phone_number == person.phone_number
    assert "Saved." in (await browser.page("/me?done=profile")).text
    # and the pages are written as one does there
    assert re.search(r"Your clock says \d+:\d\d\s[AP]M", (await browser.page("/me/profile")).text)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone_number", "0660 123", "Begin with + and the code of the country"),
        ("phone_number", "+1212555", "This number has too few or too many digits"),
        (
            "time_zone",
            "CET",
            "Choose the name of a place, such as Europe/Paris.",
        ),
        ("name", "", "Write what you are called."),
        ("locale", "english", "Choose one of those that are offered."),
        ("name_pronunciation", "x" * 101, "Write it in at most 100 characters."),
    ],
    ids=["national number", "short number", "abbreviation", "no name", "no tag", "long"],
)
async def test_what_cannot_be_right_is_told_beside_its_field(house, field, typed, sentence):
    person = await house.person()
    browser = await house.signed_in(person)
    fields = (await browser.page("/me/profile")).fields
    answer = await browser.post("/me/profile", {"locale": "en-GB", **fields, "name": "Augusta", field: typed})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert answer.text.count('aria-invalid="true"') == 1
    assert f'id="{field}-error"' in answer.text
    if field != "name":
        assert 'value="Augusta"' in answer.text
    assert (await stored(house, person)).name == "Ada Lovelace"


async def test_the_programme_is_chosen_by_what_it_asks(house):
    person = await house.person()
    browser = await house.signed_in(person)
    assert "Who or what made that possible?" in (await browser.page("/me/programme")).text
    answer = await browser.send("/me/programme", "/me/programme", {"programme": "gratitude"})
    assert answer.headers["location"] == "/me?done=programme"
    assert (await stored(house, person)).programme == "gratitude"
    wrong = await browser.send("/me/programme", "/me/programme", {"programme": PROBE})
    assert (wrong.status_code, "Choose one of those" in wrong.text) == (422, True)


async def test_own_calling_hours_hold_unless_a_window_lies_outside(house):
    person = await house.person()
    browser = await house.signed_in(person)
    weekly = pb.Weekly(weekdays=[pb.WEEKDAY_MONDAY])
    times = pb.WindowTimes(starts_at="20:00", ends_at="20:30", weekly=weekly)
    await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))
    outside = {"hours": "own", "starts_at": "08:00", "ends_at": "19:00"}
    answer = await browser.send("/me/calls", "/me/calls/hours", outside)
    assert (answer.status_code, 'value="19:00"' in answer.text) == (409, True)
    assert 'id="hours-error"' in answer.text
    for fields, told in (
        ({**outside, "starts_at": "8 in the morning"}, "starts_at"),
        ({"hours": "own"}, "starts_at"),
        ({**outside, "ends_at": PROBE}, "ends_at"),
    ):
        wrong = await browser.send("/me/calls", "/me/calls/hours", fields)
        assert (wrong.status_code, f'id="{told}-error"' in wrong.text) == (422, True)
    await browser.send("/me/calls", "/me/calls/hours", {**outside, "ends_at": "21:00"})
    assert (await stored(house, person)).calling_hours == pb.CallingHours(starts_at="08:00", ends_at="21:00")
    await browser.send("/me/calls", "/me/calls/hours", {"hours": ""})
    assert not (await stored(house, person)).HasField("calling_hours")


async def test_who_opts_out_is_not_called_until_they_agree_anew(house):
    person = await house.person()
    browser = await house.signed_in(person)
    answer = await browser.send("/me/calls", "/me/calls/opt-out", {})
    assert answer.headers["location"] == "/me?done=opt-out"
    assert (await stored(house, person)).HasField("opted_out_at")
    assert "You are not called" in (await browser.page("/me")).text
    silent = await browser.send("/me/calls", "/me/calls/consent", {})
    assert (silent.status_code, "Tick the box" in silent.text) == (422, True)
    assert (await stored(house, person)).HasField("opted_out_at")
    await browser.send("/me/calls", "/me/calls/consent", {"agreed": "yes"})
    agreed = await stored(house, person)
    assert not agreed.HasField("opted_out_at")
    assert (agreed.consent.wording_version, agreed.consent.channel) == ("portal-1", "portal")


async def test_the_day_of_a_consent_is_the_persons_own(house):
    """An hour before midnight in UTC it is the next day in Vienna."""
    consent = pb.Consent(wording_version="v1", channel="portal")
    consent.given_at.FromJsonString("2026-03-09T23:30:00Z")
    request = pb.UpdatePersonRequest(person_id=(await house.person()).person_id, consent=consent)
    browser = await house.signed_in((await house.people.UpdatePerson(request)).person)
    assert "You agreed on 10 March 2026 that" in (await browser.page("/me/calls")).text


async def test_the_day_of_an_opt_out_is_the_persons_own(house):
    person = await house.person()
    await house.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    at = (await stored(house, person)).opted_out_at
    # of two zones with 25 hours between them one has another day than UTC
    own = {at.ToDatetime(zone_named(name)).date(): name for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago")}
    day, zone = next((day, name) for day, name in own.items() if day != at.ToDatetime().date())
    await house.people.UpdatePerson(pb.UpdatePersonRequest(person_id=person.person_id, time_zone=zone))
    browser = await house.signed_in(person)
    assert f"Since {day.day} {day:%B %Y} nobody calls you" in (await browser.page("/me/calls")).text


async def test_keeping_a_journal_for_less_long_has_to_be_meant(house):
    person = await house.person()
    browser = await house.signed_in(person)
    wanted = {"audio_days": "30", "entry_days": "0"}
    asked = await browser.send("/me/keeping", "/me/keeping", wanted)
    assert (asked.status_code, 'value="30" selected' in asked.text) == (422, True)
    assert await kept(house, person) == keeping_pb2.Keeping()
    answer = await browser.send("/me/keeping", "/me/keeping", {**wanted, "sure": "yes"})
    assert answer.headers["location"] == "/me?done=keeping"
    assert await kept(house, person) == keeping_pb2.Keeping(audio_days=30, without_descriptions=True)
    longer = await browser.send("/me/keeping", "/me/keeping", {**wanted, "audio_days": "0", "descriptions": "yes"})
    assert longer.status_code == 303
    assert await kept(house, person) == keeping_pb2.Keeping()
    wrong = await browser.send("/me/keeping", "/me/keeping", {"audio_days": "x", "entry_days": "0"})
    assert (wrong.status_code, 'id="audio_days-error"' in wrong.text) == (422, True)


async def test_who_asked_for_my_records_is_told_a_page_at_a_time(house):
    person = await house.person()
    browser = await house.signed_in(person)
    await browser.send("/me/keeping", "/me/keeping", {"audio_days": "0", "entry_days": "0", "descriptions": "yes"})
    page = await browser.page("/me/accesses")
    assert "You changed for how long it is kept" in page.text
    for _ in range(100):
        await browser.page("/me/accesses")
    page = await browser.page("/me/accesses")
    assert "(100 times)" in page.text
    [older] = [link for link in page.links if "before=" in link]
    page = await browser.page(older)
    assert "changed for how long it is kept" in page.text
    assert "/me/accesses" in page.links
    for wrong in ("-1", "x", str(2**64)):
        assert (await browser.get(f"/me/accesses?before={wrong}")).status_code == 422


async def test_other_devices_are_signed_out_and_nobody_elses(house):
    person = await house.person()
    mine, other, third = [await house.signed_in(person) for _ in range(3)]
    stranger = await house.signed_in(await house.person())
    assert "3 devices are signed in" in (await mine.page("/me")).text
    named = (await mine.page("/me/devices")).fields["browser"]
    # the last one of the list; somebody else cannot end it
    answer = await stranger.send("/me/delete", "/me/devices/sign-out", {"browser": named})
    assert answer.status_code == 303
    assert [(await each.get("/me")).status_code for each in (mine, other, third)] == [200, 200, 200]
    await mine.send("/me/devices", "/me/devices/sign-out", {"browser": named})
    assert sorted([(await each.get("/me")).status_code for each in (other, third)]) == [200, 303]
    await mine.send("/me/devices", "/me/devices/sign-out-elsewhere", {})
    assert [(await each.get("/me")).status_code for each in (mine, other, third)] == [200, 303, 303]
    assert (await stranger.get("/me")).status_code == 200
    assert (await mine.send("/me/delete", "/me/devices/sign-out", {"browser": "zz"})).status_code == 422


async def test_nothing_that_a_person_typed_is_run(house):
    person = await house.person(name=PROBE, name_pronunciation=PROBE)
    browser = await house.signed_in(person)
    for path in PAGES:
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert "<xss" not in answer.text
    for path, fields in FORMS.items():
        if path == "/me/calls/opt-out" or "sign-out" in path:
            continue
        page = "/me/calls" if path.startswith("/me/calls") else path
        answer = await browser.send(
            page, path, dict.fromkeys({*fields, *(await browser.page(page)).fields} - {"form_token"}, PROBE)
        )
        assert answer.status_code in {303, 422}
        assert "<xss" not in answer.text
        assert ">49" not in answer.text
    assert "xss" not in house.log.read_text()


async def test_an_unknown_done_says_nothing(house):
    browser = await house.signed_in(await house.person())
    assert 'role="status"' not in (await browser.get("/me?done=%3Cxss%3E")).text
