"""What the app is told while a call lives, and how."""

import asyncio

import pytest
from fastapi import Response

EVENTS = ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize(
    ("persona", "states", "sip"),
    [
        ("presses_9", ["initiated", "ringing", "in-progress", "completed"], "200"),
        ("busy", ["initiated", "ringing", "busy"], "486"),
        ("no_answer", ["initiated", "ringing", "no-answer"], "487"),
        ("rejects", ["initiated", "ringing", "no-answer"], "603"),
        ("invalid_number", ["initiated", "failed"], "404"),
    ],
)
async def test_each_way_that_a_call_can_go(carrier, app, persona, states, sip):
    await carrier.persona(persona)
    call = await carrier.call(app, timeout=10)
    assert await app.statuses(len(states)) == states
    told = app.of("/status")
    assert [hook.params["SequenceNumber"] for hook in told] == [str(n) for n in range(len(states))]
    assert told[-1].params["SipResponseCode"] == sip
    assert told[-1].params["CallSid"] == call.sid
    assert told[-1].params["CallbackSource"] == "call-progress-events"
    assert "CallDuration" in told[-1].params
    assert (await carrier.fetch(call.sid)).status == states[-1]


async def test_only_the_end_is_told_where_nothing_else_was_asked_for(carrier, app):
    await carrier.persona("busy")
    call = await carrier.call(app, status_callback_event=[])
    await carrier.event("callback.sent", call.sid)
    assert [hook.params["CallStatus"] for hook in app.of("/status")] == ["busy"]


async def test_every_request_of_the_carrier_is_signed(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = f"<Response><Redirect method='GET'>{app.base_url}/next?a=b&amp;c=d</Redirect></Response>"
    call = await carrier.call(
        app,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{app.base_url}/amd",
    )
    app.answers["/next"] = "<Response><Pause length='5'/></Response>"
    await carrier.ended(call.sid)
    await app.wait_for("/status", 4)
    assert {hook.path for hook in app.hooks} == {"/voice", "/next", "/amd", "/status"}
    assert all(hook.signed for hook in app.hooks)


async def test_the_voice_webhook_tells_what_twilio_tells(carrier, app):
    await carrier.persona("stays_silent")
    call = await carrier.call(app)
    (hook,) = await app.wait_for("/voice")
    assert hook.params == {
        "CallSid": call.sid,
        "AccountSid": call.account_sid,
        "ApiVersion": "2010-04-01",
        "Direction": "outbound-api",
        "CallStatus": "in-progress",
        "From": "+15550100000",
        "To": "+15550100001",
        "Caller": "+15550100000",
        "Called": "+15550100001",
    }


@pytest.mark.parametrize(
    ("persona", "mode", "verdict"),
    [
        ("stays_silent", "Enable", "human"),
        ("voicemail", "Enable", "machine_start"),
        ("voicemail", "DetectMessageEnd", "machine_end_beep"),
    ],
)
async def test_what_answered_is_told_beside_the_call(carrier, app, persona, mode, verdict):
    await carrier.persona(persona)
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    call = await carrier.call(
        app, machine_detection=mode, async_amd="true", async_amd_status_callback=f"{app.base_url}/amd"
    )
    (hook,) = await app.wait_for("/amd")
    assert hook.params["AnsweredBy"] == verdict
    assert hook.params["MachineDetectionDuration"].isdigit()
    assert (await carrier.fetch(call.sid)).answered_by == verdict


async def test_a_verdict_that_makes_the_app_hang_up_is_told_to_its_end(carrier, app):
    async def hang_up(form):
        await carrier.update(form["CallSid"], status="completed")
        await app.wait_for("/status", 4)
        return Response()

    await carrier.persona("voicemail")
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    app.answers["/amd"] = hang_up
    await carrier.call(
        app, machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{app.base_url}/amd"
    )
    await carrier.event("webhook.answered", url=f"{app.base_url}/amd")
    assert not app.of("/amd")[0].abandoned
    assert app.of("/status")[-1].params["AnsweredBy"] == "machine_start"
    assert await carrier.codes() == []


async def test_a_synchronous_verdict_holds_the_twiml_back(carrier, app):
    await carrier.persona("voicemail")
    await carrier.call(app, machine_detection="Enable")
    (hook,) = await app.wait_for("/voice")
    assert hook.params["AnsweredBy"] == "machine_start"


async def test_a_voicemail_speaks_and_beeps_and_is_a_completed_call(carrier, app):
    await carrier.persona("voicemail")
    app.answers["/voice"] = "<Response><Pause length='15'/></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["status"] == "completed"
    assert seen["said_words"].startswith("Hello, you have reached my voicemail.")


async def test_callbacks_can_come_in_the_wrong_order(carrier, app):
    await carrier.persona("busy")
    await carrier.fault(on="callback", kind="reverse", event="ringing")
    await carrier.call(app)
    assert await app.statuses(3) == ["initiated", "busy", "ringing"]
    assert [hook.params["SequenceNumber"] for hook in app.of("/status")] == ["0", "2", "1"]


async def test_a_callback_can_come_twice(carrier, app):
    await carrier.persona("busy")
    await carrier.fault(on="callback", kind="duplicate", event="ringing")
    await carrier.call(app)
    assert await app.statuses(4) == ["initiated", "ringing", "ringing", "busy"]
    assert app.of("/status")[1].params == app.of("/status")[2].params


async def test_a_callback_can_come_late(carrier, app):
    await carrier.persona("busy")
    await carrier.fault(on="callback", kind="delay", event="initiated", seconds=20)
    await carrier.call(app)
    assert await app.statuses(3) == ["ringing", "busy", "initiated"]


async def test_a_callback_can_be_lost(carrier, app):
    await carrier.persona("busy")
    await carrier.fault(on="callback", kind="drop", event="completed")
    call = await carrier.call(app)
    seen = await carrier.ended(call.sid)
    await app.statuses(2)
    assert [(it["event"], it["outcome"]) for it in seen["callbacks"]][-1] == ("completed", "dropped")


async def test_an_app_that_fails_is_asked_again_only_where_its_address_says_so(carrier, app):
    await carrier.persona("busy")
    app.answers["/status"] = Response(status_code=503)
    await carrier.call(app, status_callback=f"{app.base_url}/status#rc=2&rp=5xx", status_callback_event=["completed"])
    hooks = await app.wait_for("/status", 3)
    assert len({hook.token for hook in hooks}) == 1
    assert await carrier.event("callback.sent", outcome="failed: the app answered with HTTP status 503")
    assert await carrier.codes() == [11200]

    call = await carrier.call(app, status_callback_event=["completed"])
    await carrier.event("callback.sent", call.sid)
    assert len(app.of("/status")) == 4


async def test_the_fallback_is_asked_when_the_app_fails(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = Response(status_code=500)
    call = await carrier.call(app, fallback_url=f"{app.base_url}/fallback")
    (hook,) = await app.wait_for("/fallback")
    assert hook.params["ErrorCode"] == "11200"
    assert hook.params["ErrorUrl"] == f"{app.base_url}/voice"
    await carrier.ended(call.sid)
    assert await carrier.codes() == [11200]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(status_code=500), 11200),
        ("<Response><Say>never closed</Response>", 12100),
        ("<Html/>", 12100),
        ("", 12100),
        ("<!DOCTYPE x><Response/>", 12100),
        ("<Response><Pause length='long'/></Response>", 12100),
        (Response("hello", media_type="text/plain"), 12300),
        ("<Response><Redirect>ftp://somewhere</Redirect></Response>", 11100),
    ],
)
async def test_what_is_no_document_ends_the_call_with_an_apology(carrier, app, answer, code):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = answer
    call = await carrier.call(app)
    seen = await carrier.ended(call.sid)
    assert seen["status"] == "completed"
    assert seen["heard_words"].startswith("We are sorry, an application error has occurred.")
    assert await carrier.codes() == [code]


async def test_an_app_that_cannot_be_reached_is_noted(carrier, app):
    await carrier.persona("stays_silent")
    call = await carrier.call(app, url="http://127.0.0.1:1/voice")
    await carrier.ended(call.sid)
    assert await carrier.codes() == [11205]


async def test_an_app_that_hangs_is_given_up_on(carrier, app):
    async def hang(_form):
        await hung.wait()
        return Response()

    hung = asyncio.Event()
    await carrier.persona("stays_silent")
    app.answers["/voice"] = hang
    call = await carrier.call(app, url=f"{app.base_url}/voice#rt=200")
    await carrier.ended(call.sid)
    hung.set()
    assert await carrier.codes() == [11205]


async def test_a_time_limit_ends_the_call(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = "<Response><Pause length='600'/></Response>"
    call = await carrier.call(app, time_limit=5)
    seen = await carrier.ended(call.sid)
    assert seen["status"] == "completed"
    assert seen["connected_ms"] < 60_000
