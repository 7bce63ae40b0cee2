"""Media Streams, message by message (https://www.twilio.com/docs/voice/media-streams/websocket-messages)."""

import asyncio
import base64

import pytest
from websockets.asyncio.server import serve as serve_websocket

from emulators import wordcode

SECOND = bytes([0x10, 0x90] * 4000)


async def test_the_stream_begins_as_twilio_begins_it(carrier, app):
    async def talk(media):
        for _ in range(12):
            await media.next()

    app.talk = talk
    app.answers["/voice"] = app.stream().replace(
        '/media"/>', '/media"><Parameter name="token" value="a&amp;b"/><Parameter name="attempt" value="7"/></Stream>'
    )
    await carrier.persona("stays_silent")
    call = await carrier.call(app)
    await carrier.ended(call.sid)
    connected, start, *media = app.media.messages

    assert app.upgrade_signed
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    sid = start["streamSid"]
    assert sid.startswith("MZ")
    assert start == {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": call.account_sid,
            "streamSid": sid,
            "callSid": call.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "a&b", "attempt": "7"},
        },
        "streamSid": sid,
    }
    silence = base64.b64encode(b"\xff" * 160).decode()
    assert media == [
        {
            "event": "media",
            "sequenceNumber": str(2 + n),
            "media": {"track": "inbound", "chunk": str(1 + n), "timestamp": str(20 * n), "payload": silence},
            "streamSid": sid,
        }
        for n in range(10)
    ]


async def test_a_conversation_is_heard_word_for_word_on_both_sides(carrier, app):
    prompts = ["Good evening. How was your day?", "What are you grateful for?", "Thank you. Good night."]
    heard = []

    async def talk(media):
        await media.until("start")
        for number, prompt in enumerate(prompts):
            await media.say(wordcode.encode(prompt), f"prompt-{number}")
            await media.until("mark", name=f"prompt-{number}")
            if prompt != prompts[-1]:
                heard.append(await media.listen())

    app.talk = talk
    app.answers["/voice"] = app.stream('action="/after"')
    await carrier.persona("brief")
    seen = await carrier.ended((await carrier.call(app)).sid)

    (after,) = await app.wait_for("/after")
    assert after.signed
    assert heard == [it["text"] for it in seen["said"]]
    assert seen["heard_words"] == " ".join(prompts)
    assert seen["status"] == "completed"
    said = await carrier.admin.get(f"/emulator/calls/{seen['sid']}/said.ulaw")
    assert len(said.content) == seen["connected_ms"] * 8
    assert wordcode.decode(said.content) == wordcode.decode(app.media.audio) == seen["said_words"]
    played = await carrier.admin.get(f"/emulator/calls/{seen['sid']}/heard.ulaw")
    assert wordcode.decode(played.content) == seen["heard_words"]


async def test_a_mark_comes_back_when_the_audio_before_it_has_been_heard(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(SECOND * 2, "two")
        await media.say(SECOND, "three")
        await media.until("mark", name="three")
        await media.send("mark", name="nothing before it")
        await media.until("mark", name="nothing before it")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("stays_silent")
    seen = await carrier.ended((await carrier.call(app)).sid)

    (stretch,) = seen["heard"]
    assert stretch["end_ms"] - stretch["start_ms"] == 3000
    at = [index for index, message in enumerate(app.media.messages) if message["event"] == "mark"]
    assert [app.media.messages[index]["mark"]["name"] for index in at] == ["two", "three", "nothing before it"]
    # 20 ms a message: one second of audio lies between the first two marks
    assert at[1] - at[0] == 51
    assert at[0] >= 100


async def test_clear_forgets_the_audio_and_returns_the_pending_marks_at_once(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(SECOND, "heard")
        await media.say(SECOND * 60, "a")
        await media.send("mark", name="b")
        await media.until("mark", name="heard")
        await media.send("clear")
        await media.until("mark", name="b")
        await media.say(SECOND, "after")
        await media.until("mark", name="after")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("stays_silent")
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert [mark["mark"]["name"] for mark in app.media.of("mark")] == ["heard", "a", "b", "after"]
    assert sum(it["end_ms"] - it["start_ms"] for it in seen["heard"]) < 60_000


async def test_numbers_run_on_without_a_gap_however_fast_the_time(carrier_of, app):
    async def talk(media):
        await media.until("start")
        await media.say(SECOND * 30, "end")
        await media.until("mark", name="end")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    async with carrier_of(time_factor=200) as carrier:
        await carrier.persona("stays_silent")
        await carrier.ended((await carrier.call(app)).sid)
    numbered = app.media.messages[1:]
    assert [int(message["sequenceNumber"]) for message in numbered] == list(range(1, len(numbered) + 1))
    chunks = [message["media"] for message in app.media.of("media")]
    assert [int(chunk["timestamp"]) for chunk in chunks] == [20 * n for n in range(len(chunks))]
    assert len(chunks) >= 1500


async def test_a_person_who_hangs_up_stops_the_stream(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(wordcode.encode("How was your day?"), "a")
        await media.listen()
        await media.say(wordcode.encode("And then?"), "b")
        await media.until("stop")
        await media.next()

    app.talk = talk
    app.answers["/voice"] = app.stream('action="/after"')
    await carrier.persona("hangs_up_mid_sentence")
    call = await carrier.call(app)
    seen = await carrier.ended(call.sid)
    assert app.media.messages[-1]["stop"] == {"accountSid": call.account_sid, "callSid": call.sid}
    assert seen["status"] == "completed"
    assert seen["said"][-1]["end_ms"] is None
    assert app.of("/after") == []


async def test_completing_the_call_stops_the_stream(carrier, app):
    async def talk(media):
        await media.until("stop")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("stays_silent")
    call = await carrier.call(app)
    await carrier.event("stream.started", call.sid)
    await carrier.update(call.sid, status="completed")
    assert (await carrier.ended(call.sid))["status"] == "completed"
    assert len(app.media.of("stop")) == 1


async def test_a_pressed_key_arrives_as_a_message(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(wordcode.encode("Press nine."), "a")
        await media.until("dtmf")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("presses_9")
    await carrier.ended((await carrier.call(app)).sid)
    assert app.media.messages[-1]["dtmf"] == {"track": "inbound_track", "digit": "9"}


async def test_somebody_who_interrupts_talks_while_the_prompt_plays(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(SECOND * 30, "never heard in full")
        while not base64.b64decode((await media.until("media"))["media"]["payload"]).strip(b"\xff"):
            pass
        await media.send("clear")
        await media.until("mark")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("interrupts_prompt")
    seen = await carrier.ended((await carrier.call(app)).sid)
    (prompt,), spoken = seen["heard"], seen["said"][0]
    assert prompt["start_ms"] + 1500 <= spoken["start_ms"] + 20
    assert prompt["end_ms"] - prompt["start_ms"] < 30_000


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", 31950),
        (b"\x00\x01", 31950),
        ("[]", 31951),
        ('{"event": "clear"}', 31951),
        ('{"event": "clear", "streamSid": "MZ0"}', 31951),
        ('{"event": "sing", "streamSid": "SID"}', 31951),
        ('{"event": "media", "streamSid": "SID"}', 31951),
        ('{"event": "media", "streamSid": "SID", "media": {"payload": 1}}', 31951),
        ('{"event": "media", "streamSid": "SID", "media": {"payload": "?"}}', 31951),
        ('{"event": "media", "streamSid": "SID", "media": {"payload": ""}}', 31951),
        ('{"event": "media", "streamSid": "SID", "media": {"payload": "UklGRg=="}}', 31951),
        ('{"event": "mark", "streamSid": "SID", "mark": {"name": ""}}', 31951),
    ],
)
async def test_a_malformed_message_is_noted_and_the_stream_goes_on(carrier, app, frame, code):
    async def talk(media):
        await media.until("start")
        if isinstance(frame, bytes):
            await media.socket.send_bytes(frame)
        else:
            await media.socket.send_text(frame.replace("SID", media.stream_sid))
        await media.send("mark", name="still there")
        await media.until("mark", name="still there")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("stays_silent")
    await carrier.ended((await carrier.call(app)).sid)
    assert await carrier.codes() == [code]


async def test_more_than_ten_minutes_ahead_is_too_much(carrier, app):
    async def talk(media):
        await media.until("start")
        minute = base64.b64encode(SECOND * 60).decode()
        for _ in range(11):
            await media.send("media", payload=minute)
        await media.send("clear")
        await media.send("mark", name="end")
        await media.until("mark", name="end")

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("stays_silent")
    await carrier.ended((await carrier.call(app)).sid)
    assert await carrier.codes() == [31931]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("{stream}?token=1", 31920),
        ("ws://example.org/media", 31920),
        ("http://127.0.0.1/media", 31920),
        ("{stream}", 31920),  # the app accepts no stream in this test
        ("ws://127.0.0.1:1/media", 31901),
    ],
)
async def test_a_stream_that_cannot_be_had_is_noted_and_the_next_verb_runs(carrier, app, url, code):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = app.stream(then="<Say>No stream.</Say>").replace(
        app.stream_url, url.format(stream=app.stream_url)
    )
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == "No stream."
    assert await carrier.codes() == [code]


async def test_an_app_that_dies_is_noted_and_the_action_is_asked_for(carrier, app):
    async def die(websocket):
        await websocket.recv()
        websocket.transport.abort()

    await carrier.persona("stays_silent")
    async with serve_websocket(die, "127.0.0.1", 0) as dying:
        port = dying.sockets[0].getsockname()[1]
        app.answers["/voice"] = app.stream('action="/resume"').replace(app.stream_url, f"ws://127.0.0.1:{port}/media")
        call = await carrier.call(app)
        await app.wait_for("/resume")
    assert await carrier.codes() == [31903]
    assert (await carrier.ended(call.sid))["status"] == "completed"


async def test_what_was_not_heard_when_the_app_closes_is_lost(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(SECOND * 60, "never")
        await media.until("media")

    app.talk = talk
    app.answers["/voice"] = app.stream(then="<Say>Afterwards.</Say>")
    await carrier.persona("stays_silent")
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == "Afterwards."
    assert seen["connected_ms"] < 60_000


async def test_many_calls_talk_at_once(carrier, app):
    async def talk(media):
        await media.until("start")
        await media.say(wordcode.encode("How was your day?"), "a")
        await media.listen()

    app.talk = talk
    app.answers["/voice"] = app.stream()
    await carrier.persona("says_stop_calling")
    calls = [await carrier.call(app) for _ in range(5)]
    ended = await asyncio.gather(*(carrier.ended(call.sid) for call in calls))
    assert {seen["said_words"] for seen in ended} == {"Please stop calling me. I do not want these calls any more."}


async def test_seven_minutes_of_talking_arrive_whole(carrier_of, app):
    heard = []

    async def talk(media):
        await media.until("start")
        await media.say(wordcode.encode("How was your day?"), "a")
        heard.append(await media.listen())

    app.talk = talk
    app.answers["/voice"] = app.stream()
    async with carrier_of(time_factor=200) as carrier:
        await carrier.persona("talks_seven_minutes")
        seen = await carrier.ended((await carrier.call(app)).sid)
    assert heard == [seen["said"][0]["text"]]
    assert seen["connected_ms"] > 420_000
