"""The REST API, through the real client."""

import asyncio
import math
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

ACCOUNT_SID = "AC" + "1" * 32
FROM = "+15550100000"
TO = "+15550100001"


async def test_a_call_is_created_as_the_real_api_answers(carrier, app):
    call = await carrier.call(app)

    assert call.status == "queued"
    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert (call.to, call._from, call.direction) == (TO, FROM, "outbound-api")
    assert call.queue_time == "0"
    assert call.start_time is None
    assert call.duration is None
    assert datetime.now(UTC) - call.date_created < timedelta(minutes=1)
    assert set(call.subresource_uris) >= {"recordings", "notifications", "events", "streams", "transcriptions"}


async def test_an_ended_call_tells_when_and_how_long(carrier, app):
    await carrier.persona("stays_silent", patience_s=1)
    app.answers["/voice"] = "<Response><Pause length='3'/></Response>"
    call = await carrier.call(app)
    seen = await carrier.ended(call.sid)
    ended = await carrier.fetch(call.sid)
    assert ended.status == "completed"
    assert int(ended.duration) == math.ceil(seen["connected_ms"] / 1000) >= 3
    assert ended.start_time <= ended.end_time


@pytest.mark.parametrize(
    ("to", "caller", "voice", "code"),
    [
        ("12", FROM, {"url": "http://127.0.0.1/voice"}, 21211),
        (TO, "nobody", {"url": "http://127.0.0.1/voice"}, 21212),
        (TO, "+15550109999", {"url": "http://127.0.0.1/voice"}, 21210),
        (TO, FROM, {}, 21205),
        (TO, FROM, {"url": "not a url"}, 21205),
        (TO, FROM, {"url": "http://[::1"}, 21205),
        (TO, FROM, {"url": "http://127.0.0.1/voice", "status_callback": "x"}, 21609),
        (TO, FROM, {"url": "http://127.0.0.1/voice", "timeout": 0}, 20001),
        (TO, FROM, {"url": "http://127.0.0.1/voice", "status_callback_event": ["won"]}, 20001),
        (TO, FROM, {"url": "http://127.0.0.1/voice", "machine_detection": "Enable", "async_amd": "true"}, 21262),
        (TO, FROM, {"twiml": "x" * 4001}, 20001),
        ("+15005550001", FROM, {"url": "http://127.0.0.1/voice"}, 21211),
        ("+15005550002", FROM, {"url": "http://127.0.0.1/voice"}, 21214),
        ("+15005550003", FROM, {"url": "http://127.0.0.1/voice"}, 21215),
        ("+15005550004", FROM, {"url": "http://127.0.0.1/voice"}, 21216),
    ],
)
async def test_a_wrong_request_is_refused_with_twilios_code(carrier, to, caller, voice, code):
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: carrier.client.calls.create(to=to, from_=caller, **voice))
    assert (refused.value.status, refused.value.code) == (400, code)
    assert (await carrier.admin.get("/emulator/calls")).json()["calls"] == []


@pytest.mark.parametrize(("form", "code"), [({"From": FROM}, 21201), ({"To": TO}, 21213)])
async def test_a_missing_number_is_refused(carrier, form, code):
    answer = await carrier.admin.post(
        f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", data=form, auth=(ACCOUNT_SID, "a-token-for-tests")
    )
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message", "more_info", "status"}
    assert answer.json()["code"] == code


@pytest.mark.parametrize("auth", [None, (ACCOUNT_SID, "wrong"), ("AC" + "2" * 32, "a-token-for-tests")])
async def test_a_stranger_is_turned_away(carrier, auth):
    answer = await carrier.admin.get(f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json", auth=auth)
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


async def test_what_does_not_exist_is_not_found(carrier):
    with pytest.raises(TwilioRestException) as refused:
        await carrier.fetch("CA" + "0" * 32)
    assert (refused.value.status, refused.value.code) == (404, 20404)
    answer = await carrier.admin.get("/2010-04-01/Nothing.json")
    assert answer.json()["code"] == 20404


async def test_calls_are_listed_by_the_real_filters_and_paged(carrier, app):
    other = "+15550100002"
    await carrier.persona("busy", other)
    sids = [(await carrier.call(app)).sid for _ in range(3)]
    busy = await carrier.call(app, other)
    await carrier.ended(busy.sid)
    await carrier.event("call.answered", sids[-1])

    def listed(**query):
        return [call.sid for call in carrier.client.calls.list(**query)]

    today, yesterday = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=1)
    assert await asyncio.to_thread(listed) == [busy.sid, *reversed(sids)]
    assert await asyncio.to_thread(lambda: listed(to=TO, page_size=1)) == sids[::-1]
    assert await asyncio.to_thread(lambda: listed(status="busy")) == [busy.sid]
    assert await asyncio.to_thread(lambda: listed(from_="+15550109999")) == []
    assert sids[-1] in await asyncio.to_thread(lambda: listed(start_time=today))
    assert sids[-1] in await asyncio.to_thread(lambda: listed(start_time_after=yesterday))
    assert await asyncio.to_thread(lambda: listed(start_time_before=yesterday)) == []
    assert await asyncio.to_thread(lambda: listed(start_time=date(2001, 1, 1))) == []


async def test_a_ringing_call_is_canceled(carrier, app):
    await carrier.persona("no_answer")
    call = await carrier.call(app)
    await carrier.event("call.ringing", call.sid)
    assert (await carrier.update(call.sid, status="canceled")).status == "canceled"
    assert await app.statuses(3) == ["initiated", "ringing", "canceled"]
    with pytest.raises(TwilioRestException) as refused:
        await carrier.update(call.sid, status="canceled")
    assert refused.value.code == 21220


async def test_canceling_leaves_a_talking_call_alone_and_completing_ends_it(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    call = await carrier.call(app)
    await carrier.event("call.answered", call.sid)
    assert (await carrier.update(call.sid, status="canceled")).status == "in-progress"
    assert (await carrier.update(call.sid, status="completed")).status == "completed"
    with pytest.raises(TwilioRestException) as refused:
        await carrier.update(call.sid, status="completed")
    assert refused.value.code == 21220


async def test_a_talking_call_is_sent_to_another_document(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    call = await carrier.call(app)
    await carrier.event("webhook.answered", call.sid)
    await carrier.update(call.sid, url=f"{app.base_url}/other")
    await app.wait_for("/other")
    assert (await carrier.ended(call.sid))["status"] == "completed"


async def test_a_call_that_is_not_answered_cannot_be_redirected(carrier, app):
    await carrier.persona("no_answer")
    call = await carrier.call(app)
    with pytest.raises(TwilioRestException) as refused:
        await carrier.update(call.sid, url=f"{app.base_url}/other")
    assert refused.value.code == 21220


async def test_calls_above_the_rate_wait_and_are_never_refused(carrier_of, app):
    async with carrier_of(calls_per_second=0.01) as carrier:
        calls = [await carrier.call(app) for _ in range(3)]
        await carrier.event("call.initiated", calls[0].sid)
        assert [(await carrier.fetch(call.sid)).status for call in calls[1:]] == ["queued", "queued"]
        assert [call.queue_time for call in calls] == ["0", "0", "100000"]
        await carrier.update(calls[1].sid, status="canceled")
        assert (await carrier.ended(calls[1].sid))["status"] == "canceled"


async def test_calls_leave_the_queue_in_the_order_in_which_they_came(carrier_of, app):
    async with carrier_of(calls_per_second=0.5) as carrier:
        calls = [await carrier.call(app) for _ in range(3)]
        for call in calls:
            await carrier.event("call.initiated", call.sid)
        started = [(await carrier.event("call.initiated", call.sid))["seq"] for call in calls]
        assert started == sorted(started)


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, 20429), ("500", 500, 20500), ("503", 503, 20503)])
async def test_an_ordered_refusal_happens_once_and_places_no_call(carrier, app, kind, status, code):
    await carrier.fault(on="create_call", kind=kind)
    with pytest.raises(TwilioRestException) as refused:
        await carrier.call(app)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert (await carrier.admin.get("/emulator/calls")).json() == {"create_requests": 1, "calls": []}
    assert (await carrier.call(app)).status == "queued"


@pytest.mark.parametrize(("kind", "calls"), [("accept_then_drop", 1), ("drop", 0)])
async def test_a_cut_connection_gives_no_answer(carrier, app, kind, calls):
    await carrier.fault(on="create_call", kind=kind)
    with pytest.raises(requests.exceptions.ConnectionError):
        await carrier.call(app)
    seen = (await carrier.admin.get("/emulator/calls")).json()
    assert (seen["create_requests"], len(seen["calls"])) == (1, calls)


@pytest.mark.parametrize(("kind", "calls"), [("hang", 1), ("hang_then_accept", 0)])
async def test_a_hanging_answer_outlasts_the_clients_patience(carrier, app, kind, calls):
    carrier.client.http_client.timeout = 0.2
    await carrier.fault(on="create_call", kind=kind, seconds=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        await carrier.call(app)
    seen = (await carrier.admin.get("/emulator/calls")).json()
    assert (seen["create_requests"], len(seen["calls"])) == (1, calls)
    await carrier.event("call.created")


async def test_an_unknown_fault_or_persona_is_refused_by_a_sentence(carrier):
    assert (await carrier.admin.post("/emulator/faults", json={"on": "create_call", "kind": "x"})).status_code == 422
    answer = await carrier.admin.put(f"/emulator/personas/{TO}", json={"persona": "nobody"})
    assert answer.status_code == 422
    assert "choose one of" in answer.json()["error"]
    answer = await carrier.admin.put(f"/emulator/personas/{TO}", json={"persona": "busy", "overrides": {"mood": 1}})
    assert answer.status_code == 422


async def test_a_call_can_be_forgotten_once_it_has_ended(carrier, app):
    await carrier.persona("no_answer")
    rings = (await carrier.call(app)).sid
    assert (await carrier.admin.delete(f"/emulator/calls/{rings}")).status_code == 409
    await carrier.ended(rings)
    assert (await carrier.admin.delete(f"/emulator/calls/{rings}")).status_code == 204
    assert (await carrier.admin.get(f"/emulator/calls/{rings}")).status_code == 404
    assert (await carrier.admin.delete(f"/emulator/calls/{rings}")).status_code == 404


async def test_everything_can_be_forgotten(carrier, app):
    await carrier.persona("busy")
    await carrier.ended((await carrier.call(app)).sid)
    assert (await carrier.admin.delete("/emulator/state")).status_code == 204
    assert (await carrier.admin.get("/emulator/calls")).json() == {"create_requests": 0, "calls": []}
    assert (await carrier.admin.get("/healthz")).json() == {"status": "ok"}


async def test_leaving_the_emulator_ends_its_calls_and_says_so(carrier_of, app):
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    async with carrier_of() as carrier:
        await carrier.persona("stays_silent")
        call = await carrier.call(app)
        await carrier.event("call.answered", call.sid)
    assert (await app.statuses(4))[-1] == "completed"


async def test_the_feed_is_read_from_any_number(carrier, app):
    await carrier.persona("busy")
    call = await carrier.call(app)
    ended = await carrier.event("call.ended", call.sid)
    async with carrier.admin.stream("GET", f"/emulator/events?from={ended['seq']}") as feed:
        first = await anext(feed.aiter_lines())
    assert f'"seq":{ended["seq"]}' in first
