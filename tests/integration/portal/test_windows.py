"""The pages of the windows over the real window-scheduler: what is shown, changed, refused, and to whom."""

from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio

from daybook.scheduler.v1 import scheduler_pb2 as pb

pytestmark = pytest.mark.asyncio(loop_scope="session")

WHOLE_DAY = pb.CallingHours(starts_at="00:00", ends_at="00:00")
DAILY = {"kind": "weekly", "weekdays": ["1", "2", "3", "4", "5", "6", "7"], "starts_at": "20:00", "ends_at": "21:00"}
NOBODYS = "1c1f9a4e-6f0e-4f7c-9a43-3d6a5c1f2b77"
XSS = "\"><script>alert('1')</script><img src=x onerror=alert(1)>{{7*7}}"


def day(ahead):
    return (datetime.now(UTC).astimezone(ZoneInfo("Europe/Vienna")).date() + timedelta(days=ahead)).isoformat()


@pytest_asyncio.fixture(loop_scope="session")
async def person(house):
    return await house.person(calling_hours=WHOLE_DAY)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(house, person):
    return await house.signed_in(person)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def someone(house):
    """A person with one window, for tests that are to change nothing, and their browser."""
    person = await house.person(calling_hours=WHOLE_DAY)
    await book(house, person, paused_until=day(10))
    return person, await house.signed_in(person)


async def windows_of(house, person):
    return (await house.windows.ListWindows(pb.ListWindowsRequest(person_id=person.person_id))).windows


async def book(house, person, starts="20:00", ends="21:00", one_off="", **weekly):
    times = pb.WindowTimes(starts_at=starts, ends_at=ends, ends_next_day=ends <= starts)
    if one_off:
        times.one_off.date = one_off
    else:
        times.weekly.CopyFrom(pb.Weekly(**{"weekdays": range(1, 8)} | weekly))
    return (await house.windows.CreateWindow(pb.CreateWindowRequest(person_id=person.person_id, times=times))).window


async def times_of(house, window):
    return (await house.windows.GetWindow(pb.GetWindowRequest(window_id=window.window_id))).window.times


async def token(browser):
    return {"form_token": (await browser.page("/windows/new")).fields["form_token"]}


async def send(browser, path, fields):
    return await browser.post(path, await token(browser) | fields)


async def test_who_has_no_window_is_told_what_one_is_and_can_add_it(house, person, browser):
    page = await browser.page("/windows")
    assert "You have no window yet" in page.text
    assert "/windows/new" in page.links
    form = await browser.page("/windows/new")
    assert (form.fields["starts_at"], form.fields["ends_at"]) == ("20:00", "21:00")
    added = await send(browser, "/windows/new", DAILY)
    assert (added.status_code, added.headers["location"]) == (303, "/windows?told=added")
    page = await browser.page("/windows?told=added")
    assert "The window is kept." in page.text
    assert "Every day" in page.text
    assert "Your next call comes on" in page.text
    [window] = await windows_of(house, person)
    assert f"/windows/{window.window_id}" in page.links


async def test_a_window_is_changed_by_its_form_as_a_browser_sends_it(house, person, browser):
    window = await book(house, person, weekdays=[1, 3], every_weeks=2, except_dates=[day(30)], last_date=day(300))
    page = await browser.page(f"/windows/{window.window_id}")
    assert "Monday and Wednesday, every 2 weeks" in page.text
    fields = {name: page.fields[name] for name in ("form_token", "every_weeks", "first_date", "last_date")} | {
        "kind": "weekly",
        "weekdays": ["2"],
        "starts_at": "23:00",
        "ends_at": "01:00",
        "except_dates": [day(30), "", day(31)],
    }
    changed = await browser.post(f"/windows/{window.window_id}", fields)
    assert (changed.status_code, changed.headers["location"]) == (303, "/windows?told=changed")
    times = await times_of(house, window)
    assert (times.starts_at, times.ends_at, times.ends_next_day) == ("23:00", "01:00", True)
    assert (list(times.weekly.weekdays), times.weekly.every_weeks) == ([2], 2)
    assert list(times.weekly.except_dates) == [day(30), day(31)]
    assert times.weekly.last_date == day(300)


async def test_a_window_moves_to_one_date_and_back(house, person, browser):
    window = await book(house, person)
    one_off = {"kind": "one_off", "date": day(5), "starts_at": "08:00", "ends_at": "09:00"}
    assert (await send(browser, f"/windows/{window.window_id}", one_off)).status_code == 303
    assert (await times_of(house, window)).one_off.date == day(5)
    page = await browser.page(f"/windows/{window.window_id}")
    assert page.fields["date"] == day(5)
    assert "It opens again from this day on" not in page.text
    assert (await send(browser, f"/windows/{window.window_id}", DAILY)).status_code == 303
    assert len((await times_of(house, window)).weekly.weekdays) == 7


async def test_a_week_shows_each_window_where_it_lies_and_says_what_comes_of_it(house, person, browser):
    daily = await book(house, person, except_dates=[day(2)])
    once = await book(house, person, "22:30", "00:30", one_off=day(3))
    await book(house, person, "06:00", "07:00", paused_until=day(20))
    html = (await browser.get("/windows")).text
    assert html.count(f'href="/windows/{daily.window_id}" class="block open"') >= 5
    assert html.count(f'href="/windows/{daily.window_id}" class="block skipped"') == 1
    # over midnight it lies on two days
    assert html.count(f'href="/windows/{once.window_id}" class="block open one-off"') == 2
    assert html.count('class="block paused"') == 7
    assert "22:30 to 00:30 on the next day, one-off" in html
    # what lies on one day can be pulled, and says from when to when
    assert html.count('data-starts="20:00" data-ends="21:00"') == html.count(
        f'href="/windows/{daily.window_id}" class="block'
    )
    assert 'data-starts="22:30"' not in html
    later = await browser.page(f"/windows?from={day(7)}")
    assert "Earlier" in later.text
    assert (await browser.get(f"/windows?from={day(355)}")).status_code == 200


@pytest.mark.parametrize(
    "told",
    ["", "x", "2020-01-01", "9999-12-31", "0001-01-01", pytest.param(XSS, id="script"), "2026-02-30", "20261224"],
)
async def test_any_address_of_a_week_or_a_month_is_a_page(someone, told):
    _, browser = someone
    for path in ("/windows", "/windows/month", "/windows/new"):
        answer = await browser.get(path, params={"from": told, "month": told, "date": told, "told": told})
        assert answer.status_code == 200
        assert "<script>" not in answer.text


async def test_a_month_shows_windows_of_one_date_and_adds_them(house, person, browser):
    once = await book(house, person, one_off=day(0) if day(0)[8:] == "31" else day(1), starts="23:58", ends="23:59")
    html = (await browser.get("/windows/month", params={"month": once.times.one_off.date[:7]})).text
    assert f'class="one-off" href="/windows/{once.window_id}"' in html
    assert f'href="/windows/new?date={once.times.one_off.date}"' in html
    form = await browser.page(f"/windows/new?date={day(40)}")
    assert form.fields["date"] == day(40)


async def test_a_day_is_skipped_for_all_weekly_windows_and_taken_back(house, person, browser):
    first, second = await book(house, person), await book(house, person, "08:00", "09:00")
    once = await book(house, person, "12:00", "13:00", one_off=day(1))
    assert (await send(browser, "/windows/skip", {"day": day(1)})).headers["location"] == "/windows?told=skipped"
    for window in (first, second):
        assert list((await times_of(house, window)).weekly.except_dates) == [day(1)]
    assert (await times_of(house, once)).one_off.date == day(1)
    page = await browser.page("/windows?told=skipped")
    assert "20:00 to 21:00: skipped, as you wished." in page.text
    assert "12:00 to 13:00: you are called." in page.text
    assert (await send(browser, "/windows/restore", {"day": day(1)})).status_code == 303
    for window in (first, second):
        assert list((await times_of(house, window)).weekly.except_dates) == []


async def test_a_day_that_leaves_no_other_is_not_skipped_and_the_page_says_why(house, person, browser):
    await book(house, person, last_date=day(1), first_date=day(1))
    answer = await send(browser, "/windows/skip", {"day": day(1)})
    assert answer.status_code == 422
    assert "Delete the window instead." in answer.text


async def test_a_day_that_may_not_be_taken_back_stays_skipped_and_the_page_says_why(house, person, browser):
    window = await book(house, person)
    await send(browser, "/windows/skip", {"day": day(1)})
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    hours = "calling_hours_start = '08:00', calling_hours_end = '10:00'"
    await database.execute(f"UPDATE window_scheduler.people SET {hours} WHERE person_id = $1", person.person_id)
    await database.close()
    answer = await send(browser, "/windows/restore", {"day": day(1)})
    assert (answer.status_code, "You can be called between 08:00 and 10:00." in answer.text) == (422, True)
    assert list((await times_of(house, window)).weekly.except_dates) == [day(1)]


@pytest.mark.parametrize(
    "told", ["", "x", "2026-02-30", "20260228", "0001-01-01", "9999-12-31", pytest.param(XSS, id="script")]
)
async def test_what_is_no_day_is_not_skipped(someone, told):
    _, browser = someone
    for path in ("/windows/skip", "/windows/restore"):
        answer = await send(browser, path, {"day": told})
        assert answer.status_code == 422
        assert "Go back and try again." in answer.text
        assert "day:" not in answer.text
        assert "<script>" not in answer.text


@pytest.mark.parametrize("told", ["2000-01-01", "2999-12-31"])
async def test_a_day_that_is_far_away_has_nothing_to_skip(house, someone, told):
    person, browser = someone
    [window] = await windows_of(house, person)
    for path in ("/windows/skip", "/windows/restore"):
        assert (await send(browser, path, {"day": told})).status_code == 303
    assert list((await times_of(house, window)).weekly.except_dates) == []


async def test_a_window_is_paused_until_a_day_and_resumed(house, person, browser):
    window = await book(house, person)
    path = f"/windows/{window.window_id}"
    assert (await send(browser, f"{path}/pause", {"paused_until": day(10)})).headers[
        "location"
    ] == "/windows?told=paused"
    assert (await times_of(house, window)).weekly.paused_until == day(10)
    page = await browser.page("/windows")
    assert "paused" in page.text
    assert "End the pause" in page.text
    # a change of the times keeps the pause, which the form carries
    form = await browser.page(path)
    assert (
        await browser.post(path, DAILY | {"form_token": form.fields["form_token"], "paused_until": day(10)})
    ).status_code == 303
    assert (await times_of(house, window)).weekly.paused_until == day(10)
    assert (await send(browser, f"{path}/resume", {})).status_code == 303
    assert (await times_of(house, window)).weekly.paused_until == ""


@pytest.mark.parametrize(
    "until", ["", "x", "2020-01-01", day(0), day(4000), XSS], ids=["none", "x", "past", "today", "far", "script"]
)
async def test_a_pause_that_cannot_be_is_refused_beside_its_field_and_changes_nothing(house, someone, until):
    person, browser = someone
    [window] = await windows_of(house, person)
    answer = await send(browser, f"/windows/{window.window_id}/pause", {"paused_until": until})
    assert answer.status_code == 422
    if until != XSS:
        assert 'id="paused_until-problem"' in answer.text
        assert 'aria-describedby="paused_until-problem"' in answer.text
    assert "<script>" not in answer.text
    assert (await times_of(house, window)).weekly.paused_until == day(10)


async def test_a_window_for_one_date_knows_no_pause(house, person, browser):
    window = await book(house, person, one_off=day(2))
    for path in ("pause", "resume"):
        answer = await send(browser, f"/windows/{window.window_id}/{path}", {"paused_until": day(3)})
        assert answer.status_code == 409
        assert "This window is for one date" in answer.text


async def test_a_window_is_deleted_once_it_is_confirmed(house, person, browser):
    window = await book(house, person)
    path = f"/windows/{window.window_id}/delete"
    asked = await browser.page(path)
    assert "Delete this window?" in asked.text
    assert len(await windows_of(house, person)) == 1
    assert (await browser.post(path, asked.fields)).headers["location"] == "/windows?told=deleted"
    assert list(await windows_of(house, person)) == []
    assert (await browser.get(path)).status_code == 404


async def test_the_windows_are_a_calendar_to_save(house, person, browser):
    await book(house, person)
    answer = await browser.get("/windows/calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"] == 'attachment; filename="daybook.ics"'
    assert answer.text.startswith("BEGIN:VCALENDAR")
    assert "RRULE" in answer.text


BAD = [
    ({"starts_at": ""}, "starts_at"),
    ({"starts_at": "25:00"}, "starts_at"),
    ({"ends_at": "8 pm"}, "ends_at"),
    ({"kind": ""}, "kind"),
    ({"kind": XSS}, "kind"),
    ({"weekdays": []}, "weekdays"),
    ({"weekdays": ["8"]}, "weekdays"),
    ({"weekdays": [XSS]}, "weekdays"),
    ({"every_weeks": "0.5"}, "every_weeks"),
    ({"every_weeks": "53"}, "every_weeks"),
    ({"every_weeks": XSS}, "every_weeks"),
    ({"first_date": "x"}, "first_date"),
    ({"first_date": day(4000)}, "first_date"),
    ({"last_date": day(-1)}, "last_date"),
    ({"first_date": day(9), "last_date": day(8)}, "last_date"),
    ({"except_dates": [XSS]}, "except_dates"),
    ({"except_dates": [day(number) for number in range(367)]}, "except_dates"),
    ({"kind": "one_off", "date": ""}, "date"),
    ({"kind": "one_off", "date": day(-1)}, "date"),
    ({"kind": "one_off", "date": XSS}, "date"),
    ({"starts_at": XSS}, "starts_at"),
    ({"ends_at": XSS}, "ends_at"),
    ({"first_date": XSS}, "first_date"),
    ({"last_date": XSS}, "last_date"),
    ({"starts_at": "x" * 100_000}, "starts_at"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=[f"{field}-{number}" for number, (_, field) in enumerate(BAD)])
async def test_what_cannot_be_right_is_told_beside_its_field_with_what_was_typed(house, someone, changes, field):
    person, browser = someone
    [window] = await windows_of(house, person)
    for path in ("/windows/new", f"/windows/{window.window_id}"):
        answer = await send(browser, path, DAILY | changes)
        assert answer.status_code == 422
        html = answer.text
        assert f'aria-invalid="true" aria-describedby="{field}-problem" autofocus' in html
        assert html.count("aria-invalid") == 1
        assert f'id="{field}-problem"' in html
        assert f'href="#{field}"' in html
        for typed in changes.values():
            if isinstance(typed, str) and field not in {"kind", "weekdays"}:
                assert f'value="{escape(typed[:40]).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")}"' in html
        assert "<script>" not in html
    assert await windows_of(house, person) == [window]


async def test_calling_hours_are_told_where_a_window_lies_outside_of_them(house):
    person = await house.person(calling_hours=pb.CallingHours(starts_at="08:00", ends_at="21:00"))
    browser = await house.signed_in(person)
    answer = await send(browser, "/windows/new", DAILY | {"ends_at": "21:30"})
    assert answer.status_code == 422
    assert "You can be called between 08:00 and 21:00." in answer.text


async def test_more_windows_than_anyone_may_have_is_told_on_the_form(house, person, browser):
    for number in range(20):
        await book(house, person, f"{number:02}:00", f"{number:02}:30")
    assert (await browser.get("/windows")).status_code == 200
    answer = await send(browser, "/windows/new", DAILY)
    assert answer.status_code == 409
    assert "You have 20 windows, the most there may be." in answer.text


async def test_somebody_elses_window_is_told_like_one_that_does_not_exist(house, person, browser):
    other = await house.person(calling_hours=WHOLE_DAY)
    theirs = await book(house, other)
    before = await times_of(house, theirs)
    acts = [("", DAILY), ("/pause", {"paused_until": day(9)}), ("/resume", {}), ("/delete", {})]
    for window_id in (theirs.window_id, theirs.window_id.upper(), NOBODYS, "x", "%00", XSS.replace("/", "")):
        shown = [await browser.get(f"/windows/{window_id}{path}") for path in ("", "/delete")]
        done = [await send(browser, f"/windows/{window_id}{path}", fields) for path, fields in acts]
        for answer in (*shown, *done):
            assert answer.status_code == 404
            assert "There is no such window." in answer.text
            assert theirs.window_id not in answer.text
            assert "<script>" not in answer.text
    assert await times_of(house, theirs) == before
    assert theirs.window_id not in (await browser.get("/windows")).text


async def test_a_form_without_its_token_changes_nothing(house, person, browser):
    window = await book(house, person)
    before = await times_of(house, window)
    paths = ["new", "skip", "restore", *(f"{window.window_id}{act}" for act in ("", "/pause", "/resume", "/delete"))]
    for path in paths:
        for fields in ({}, {"form_token": "x"}):
            answer = await browser.post(f"/windows/{path}", DAILY | {"day": day(1), "paused_until": day(2)} | fields)
            assert answer.status_code == 403
    assert await windows_of(house, person) == [window]
    assert await times_of(house, window) == before


async def test_nothing_is_told_to_who_is_not_signed_in(house, person):
    window = await book(house, person)
    stranger = house.browser()
    for path in ("", "/new", "/month", "/calendar.ics", f"/{window.window_id}", f"/{window.window_id}/delete"):
        answer = await stranger.get(f"/windows{path}")
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True)
        assert window.window_id not in answer.text


async def test_who_is_not_called_at_all_is_told_why_and_their_windows_stay(house, person, browser):
    await book(house, person)
    await house.people.OptOut(pb.OptOutRequest(person_id=person.person_id))
    page = await browser.page("/windows")
    assert "You asked not to be called" in page.text
    assert "20:00 to 21:00: no call." in page.text
    assert "Your next call" not in page.text


async def test_a_zone_that_is_not_known_any_more_is_told_and_the_windows_are_shown_still(house, person, browser):
    window = await book(house, person)
    database = await asyncpg.connect(house.environment["DAYBOOK_DATABASE_URL"])
    await database.execute(
        "UPDATE window_scheduler.people SET time_zone = 'Mars/Olympus' WHERE person_id = $1", person.person_id
    )
    await database.close()
    page = await browser.page("/windows")
    assert "Your time zone is not known any more" in page.text
    assert "Every day 20:00 to 21:00" in page.text
    assert (await browser.get("/windows/month")).status_code == 200
    acts = [("new", DAILY), (window.window_id, DAILY), (f"{window.window_id}/pause", {"paused_until": day(9)})]
    for answer in [await send(browser, f"/windows/{path}", fields) for path, fields in acts]:
        assert answer.status_code == 409
        assert "Choose it again on the page Me" in answer.text
    calendar = await browser.get("/windows/calendar.ics")
    assert (calendar.status_code, "Choose it again on the page Me" in calendar.text) == (409, True)


async def test_a_clock_change_is_told_in_words_on_its_day(house):
    person = await house.person(calling_hours=WHOLE_DAY)
    browser = await house.signed_in(person)
    await book(house, person, "02:30", "04:00")
    agenda = await house.windows.GetAgenda(pb.GetAgendaRequest(person_id=person.person_id, days=340))
    [forward] = [each.local_day for each in agenda.days if each.clock_change.after_s > each.clock_change.before_s]
    page = await browser.page(f"/windows?from={forward}")
    assert "At 02:00 the clocks are put forward by 1 hour." in page.text
    assert "The clocks skip 02:30: the window opens at 03:30." in page.text


async def test_a_page_with_all_windows_there_may_be_is_small(house, person, browser):
    for number in range(20):
        await book(
            house, person, f"{number:02}:00", f"{number + 3:02}:30", except_dates=[day(each) for each in range(3, 300)]
        )
    answer = await browser.get("/windows", headers={"accept-encoding": "identity"})
    # with style and script a page is to stay under 100 KB
    assert len(answer.content) < 80_000
