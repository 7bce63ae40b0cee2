"""What cannot be right is refused with what would be, through gRPC and the command `daybook`; nothing of it is repeated."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import grpc
import pytest

from daybook.scheduler.v1 import scheduler_pb2 as pb

VALID = {"name": "Ada", "phone_number": "+436601234567", "time_zone": "Europe/Vienna", "locale": "en-GB"}
TYPED = {"--name": "Ada", "--phone": "+436601234567", "--zone": "Europe/Vienna", "--locale": "en-GB"}
MORNINGS = {"starts_at": "08:30", "ends_at": "10:00", "weekly": pb.Weekly(weekdays=range(1, 8))}
MANY_DATES = [(date(2026, 12, 1) + timedelta(days=number)).isoformat() for number in range(367)]
TRACEBACK = "Traceback"


def mondays(**rule):
    return {"weekly": pb.Weekly(weekdays=[pb.WEEKDAY_MONDAY], **rule)}


@dataclass(frozen=True)
class Bad:
    """A request that is to be refused.

    Attributes:
        sent: what is other than in one that is right.
        typed: the same at the command line.
        said: what the refusal begins with; and what it says there where the command itself refuses.
        hidden: what the refusal does not hold.
    """

    sent: dict
    typed: str
    said: str
    said_there: str = ""
    hidden: tuple = field(default=())


WINDOWS = {
    "its start is no time": Bad(
        {"starts_at": "8"}, "--from 8 --to 10:00 --days mon", "times.starts_at: is to be HH:MM"
    ),
    "its end is no time": Bad(
        {"ends_at": "25:00"}, "--from 08:30 --to 25:00 --days mon", "times.ends_at: is to be HH:MM"
    ),
    "it ends before it starts, and not on the next day": Bad(
        {"starts_at": "10:00", "ends_at": "09:00"},
        "--from 10:00 --to 09:00 --days mon",
        "times.ends_at: is to lie after times.starts_at; where it lies on the next day, set ends_next_day.",
    ),
    "it lasts longer than a day": Bad(
        {"ends_next_day": True},
        "--from 08:30 --to 10:00 --overnight --days mon",
        "times.ends_at: lies more than 24 hours after times.starts_at",
    ),
    "it has no days": Bad(
        {"weekly": None}, "--from 08:30 --to 10:00", "times: is to say the days", "Say when: either --days"
    ),
    "it names no weekday": Bad(
        {"weekly": pb.Weekly()}, "--from 08:30 --to 10:00 --days ,", "times.weekly.weekdays: is to name at least one"
    ),
    "it names a weekday that is none": Bad(
        {"weekly": pb.Weekly(weekdays=[12])},
        "--from 08:30 --to 10:00 --days mon,someday",
        "times.weekly.weekdays: holds a day that is none",
        "These are no weekdays: someday",
    ),
    "it is of a date in the past": Bad(
        {"one_off": pb.OneOff(date="2026-11-23")},
        "--from 08:30 --to 10:00 --date 2026-11-23",
        "times.one_off.date: lies in the past",
    ),
    "it is of today and over": Bad(
        {"one_off": pb.OneOff(date="2026-11-24"), "starts_at": "08:00", "ends_at": "09:00"},
        "--from 08:00 --to 09:00 --date 2026-11-24",
        "times: are over already on that date",
    ),
    "its date is none": Bad(
        {"one_off": pb.OneOff(date="2026-02-30")},
        "--from 08:30 --to 10:00 --date 2026-02-30",
        "times.one_off.date: is to be a date as YYYY-MM-DD",
    ),
    "it comes every 53 weeks": Bad(
        mondays(every_weeks=53),
        "--from 08:30 --to 10:00 --days mon --every 53",
        "times.weekly.every_weeks: is to be 1 to 52",
    ),
    "its first date is none": Bad(
        mondays(first_date="24.12.2026"),
        "--from 08:30 --to 10:00 --days mon --first-date 24.12.2026",
        "times.weekly.first_date: is to be a date as YYYY-MM-DD",
    ),
    "its first date is eleven years ahead": Bad(
        mondays(first_date="2037-12-24"),
        "--from 08:30 --to 10:00 --days mon --first-date 2037-12-24",
        "times.weekly.first_date: lies more than ten years ahead",
    ),
    "its last date is none": Bad(
        mondays(last_date="christmas"),
        "--from 08:30 --to 10:00 --days mon --last-date christmas",
        "times.weekly.last_date: is to be a date as YYYY-MM-DD",
    ),
    "its last date lies before its first": Bad(
        mondays(first_date="2026-12-14", last_date="2026-12-07"),
        "--from 08:30 --to 10:00 --days mon --first-date 2026-12-14 --last-date 2026-12-07",
        "times.weekly.last_date: lies before the first date",
    ),
    "its last date lies in the past": Bad(
        mondays(last_date="2026-11-23"),
        "--from 08:30 --to 10:00 --days mon --last-date 2026-11-23",
        "times.weekly.last_date: lies in the past",
    ),
    "its last date comes before its weekday": Bad(
        mondays(last_date="2026-11-29"),
        "--from 08:30 --to 10:00 --days mon --last-date 2026-11-29",
        "times.weekly.last_date: comes before the window would first open",
    ),
    "an exception is no date": Bad(
        mondays(except_dates=["2026-12-21", "24 December"]),
        "--from 08:30 --to 10:00 --days mon --except 2026-12-21,christmas",
        "times.weekly.except_dates[1]: is to be a date as YYYY-MM-DD",
    ),
    "there are too many exceptions": Bad(
        mondays(except_dates=MANY_DATES),
        f"--from 08:30 --to 10:00 --days mon --except {','.join(MANY_DATES)}",
        "times.weekly.except_dates: holds 367 dates, and 366 is the most",
    ),
    "each of its days is excepted": Bad(
        mondays(except_dates=["2026-11-30"], last_date="2026-12-05"),
        "--from 08:30 --to 10:00 --days mon --except 2026-11-30 --last-date 2026-12-05",
        "times.weekly.except_dates: leaves no day",
    ),
    "it begins before the calling hours": Bad(
        {"starts_at": "07:30"},
        "--from 07:30 --to 10:00 --days mon",
        "times.starts_at: lies outside of the person's calling hours, 08:00 to 21:00",
    ),
    "it ends after the calling hours": Bad(
        {"ends_at": "21:30"},
        "--from 08:30 --to 21:30 --days mon",
        "times.ends_at: lies beyond the person's calling hours, 08:00 to 21:00",
    ),
    "it lasts over the night": Bad(
        {"starts_at": "20:00", "ends_at": "09:00", "ends_next_day": True},
        "--from 20:00 --to 09:00 --overnight --days mon",
        "times.ends_at: lies beyond the person's calling hours, 08:00 to 21:00",
    ),
}

PEOPLE = {
    "they have no name": Bad({"name": " "}, "--name= ", "name: is to be what the person is called"),
    "their name is two lines": Bad(
        {"name": "Lovelace\nAda"}, "--name=Lovelace\nAda", "name: is to be one line of text", hidden=("Lovelace",)
    ),
    "their number is none": Bad(
        {"phone_number": "ring me"}, "--phone=ring me", "phone_number: is to begin with +", hidden=("ring me",)
    ),
    "their number names no country": Bad(
        {"phone_number": "06601234567"}, "--phone=06601234567", "phone_number: is to begin with +", hidden=("660",)
    ),
    "their number is too long": Bad(
        {"phone_number": "+1202555012345678"},
        "--phone=+1202555012345678",
        "phone_number: has too few or too many digits",
        hidden=("555",),
    ),
    "their zone is no place": Bad(
        {"time_zone": "Europe/Atlantis"},
        "--zone=Europe/Atlantis",
        "time_zone: is to be the IANA name of a place",
        hidden=("Atlantis",),
    ),
    "their zone is an abbreviation": Bad(
        {"time_zone": "AST"},
        "--zone=AST",
        "time_zone: is to be the IANA name of a place, which knows its clock changes, e.g. America/Halifax or Asia/Riyadh",
    ),
    "their zone is an offset": Bad({"time_zone": "GMT+2"}, "--zone=GMT+2", "time_zone: is an offset"),
    "their zone is an offset by its IANA name": Bad(
        {"time_zone": "Etc/GMT-2"}, "--zone=Etc/GMT-2", "time_zone: is an offset"
    ),
    "their locale is none": Bad({"locale": "german"}, "--locale=german", "locale: is to be a BCP 47 tag"),
    "their programme is none": Bad(
        {"programme": "Gratitude"},
        "--programme=Gratitude",
        "programme: is to be one of evening_review, free, gratitude.",
    ),
    "their calling hours begin at no time": Bad(
        {"calling_hours": pb.CallingHours(starts_at="7", ends_at="22:00")},
        "--hours=7-22:00",
        "calling_hours.starts_at: is to be HH:MM",
    ),
    "their calling hours end at no time": Bad(
        {"calling_hours": pb.CallingHours(starts_at="07:00", ends_at="24:00")},
        "--hours=07:00-24:00",
        "calling_hours.ends_at: is to be HH:MM",
    ),
    "their calling hours do not end": Bad(
        {"calling_hours": pb.CallingHours(starts_at="07:00")},
        "--hours=07:00",
        "calling_hours.ends_at: is to be HH:MM",
        "--hours is to be a start and an end",
    ),
}

windows = pytest.mark.parametrize("bad", WINDOWS.values(), ids=WINDOWS)
people = pytest.mark.parametrize("bad", PEOPLE.values(), ids=PEOPLE)


async def refusal(call):
    """(code, details) of a call that is to be refused."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code(), error.value.details()


def is_told(answer, bad):
    """A sentence on standard error, and exit status 1."""
    status, out, err = answer
    assert (status, out) == (1, ""), err
    assert err.startswith(bad.said_there or bad.said)
    assert TRACEBACK not in err
    assert not any(word in err for word in bad.hidden)


def asked_for(person, **changes):
    times = pb.WindowTimes(**{**MORNINGS, **({"weekly": None} if "one_off" in changes else {}), **changes})
    return pb.CreateWindowRequest(person_id=person.person_id, times=times)


@windows
async def test_a_window_is_refused_if(api, bad):
    code, details = await refusal(api.windows.CreateWindow(asked_for(await api.person(), **bad.sent)))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details.startswith(bad.said)


@windows
async def test_at_the_command_line_a_window_is_refused_if(api, daybook, bad):
    is_told(await daybook("window", "add", (await api.person()).person_id, *bad.typed.split()), bad)


@people
async def test_a_person_is_refused_if(api, bad):
    code, details = await refusal(api.people.CreatePerson(pb.CreatePersonRequest(**{**VALID, **bad.sent})))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert details.startswith(bad.said)
    assert not any(word in details for word in bad.hidden)


@people
async def test_at_the_command_line_a_person_is_refused_if(daybook, bad):
    option, _, value = bad.typed.partition("=")
    words = [f"{name}={typed}" for name, typed in {**TYPED, option: value}.items()]
    is_told(await daybook("person", "add", *words), bad)


NIGHT = pb.CallingHours(starts_at="22:00", ends_at="02:00")
OUT_OF_THE_NIGHT = Bad(
    {"starts_at": "23:00", "ends_at": "02:30", "ends_next_day": True},
    "--from 23:00 --to 02:30 --overnight --days mon",
    "times.ends_at: lies beyond the person's calling hours, 22:00 to 02:00",
)


async def test_a_window_is_refused_if_it_lasts_longer_than_hours_over_midnight(api):
    person = await api.person(calling_hours=NIGHT)
    code, details = await refusal(api.windows.CreateWindow(asked_for(person, **OUT_OF_THE_NIGHT.sent)))
    assert (code, details.startswith(OUT_OF_THE_NIGHT.said)) == (grpc.StatusCode.INVALID_ARGUMENT, True)


async def test_at_the_command_line_a_window_is_refused_if_it_lasts_longer_than_hours_over_midnight(api, daybook):
    person = await api.person(calling_hours=NIGHT)
    is_told(await daybook("window", "add", person.person_id, *OUT_OF_THE_NIGHT.typed.split()), OUT_OF_THE_NIGHT)


ONE_TOO_MANY = Bad({}, "--from 08:30 --to 10:00 --days mon", "This person has 20 call windows, the most there may be.")


async def test_there_is_an_end_to_windows(api):
    person = await api.person()
    for _ in range(20):
        await api.window(person)
    code, details = await refusal(api.windows.CreateWindow(asked_for(person)))
    assert (code, details.startswith(ONE_TOO_MANY.said)) == (grpc.StatusCode.FAILED_PRECONDITION, True)


async def test_at_the_command_line_there_is_an_end_to_windows(api, daybook):
    person = await api.person()
    for _ in range(20):
        await api.window(person)
    is_told(await daybook("window", "add", person.person_id, *ONE_TOO_MANY.typed.split()), ONE_TOO_MANY)


SHORTER = Bad(
    {"calling_hours": pb.CallingHours(starts_at="09:00", ends_at="12:00")},
    "--hours 09:00-12:00",
    "The calling hours stay as they are: outside of 09:00 to 12:00 lie the call windows",
)


async def test_calling_hours_are_refused_if_a_window_lies_outside_of_them(api):
    person = await api.person()
    window, other = await api.window(person), await api.window(person, "10:00", "11:00")
    request = pb.UpdatePersonRequest(person_id=person.person_id, **SHORTER.sent)
    code, details = await refusal(api.people.UpdatePerson(request))
    assert (code, details.startswith(SHORTER.said)) == (grpc.StatusCode.FAILED_PRECONDITION, True)
    assert window.window_id in details
    assert other.window_id not in details
    found = await api.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))
    assert found.person == person


async def test_at_the_command_line_calling_hours_are_refused_if_a_window_lies_outside_of_them(api, daybook):
    person = await api.person()
    await api.window(person)
    is_told(await daybook("person", "change", person.person_id, *SHORTER.typed.split()), SHORTER)


NEVER_AGAIN = Bad(
    mondays(last_date="2026-12-07", paused_until="2026-12-08"),
    "--until 2026-12-08",
    "times.weekly.paused_until: leaves no day until the last date",
)


async def test_a_pause_is_refused_if_the_window_would_never_open_again(api):
    code, details = await refusal(api.windows.CreateWindow(asked_for(await api.person(), **NEVER_AGAIN.sent)))
    assert (code, details.startswith(NEVER_AGAIN.said)) == (grpc.StatusCode.INVALID_ARGUMENT, True)


async def test_at_the_command_line_a_pause_is_refused_if_the_window_would_never_open_again(api, daybook):
    request = asked_for(await api.person(), **mondays(last_date="2026-12-07"))
    window = (await api.windows.CreateWindow(request)).window
    is_told(await daybook("window", "pause", window.window_id, *NEVER_AGAIN.typed.split()), NEVER_AGAIN)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pause", "{window}", "--until", "2026-12-24"], "This is a window of one date"),
        (["resume", "{window}"], "This is a window of one date"),
        (["skip", "{window}", "--on", "2026-12-24"], "This is a window of one date"),
        (["change", "{window}", "--every", "2"], "This is a window of one date"),
        (["change", "{window}", "--days", "mon", "--date", "2026-12-24"], "Say one of both"),
        (["change", "nothing", "--from", "09:00"], "window_id: is to be a UUID"),
        (["change", "00000000-0000-0000-0000-000000000000", "--from", "09:00"], "There is no call window"),
        (["add", "nobody", "--from", "09:00", "--to", "10:00", "--days", "mon"], "person_id: is to be a UUID"),
        (["list", b"\xff"], "What was typed holds bytes that are no UTF-8 text"),
    ],
)
async def test_at_the_command_line_what_does_not_fit_together_is_told(api, daybook, words, said):
    window = await api.window(await api.person(), on="2026-12-01")
    is_told(
        await daybook("window", *(window.window_id if word == "{window}" else word for word in words)),
        Bad({}, "", said),
    )
