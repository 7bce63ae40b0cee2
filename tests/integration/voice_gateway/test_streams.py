"""Media streams, spoken by hand: who may open one, what a malformed message does, and what happens when one breaks."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree as ET

import grpc
import pytest
from journal_access import Tokens
from prometheus_client import REGISTRY
from pydantic import SecretStr
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from whole_daybook import until

from chassis.clock import ManualClock
from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from emulators import wordcode
from journal.rights import GATEWAY
from voice_gateway.attempts import parse_attempt_id
from voice_gateway.exchange import Speaker, Turn
from voice_gateway.journal import Journal
from voice_gateway.spool import Room
from voice_gateway.stream_tokens import VALID_FOR, StreamTokens

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTH_TOKEN = "a-token-for-tests"
SID = "CA" + "b" * 32
FORM = {"CallSid": SID, "CallStatus": "in-progress"}
SILENT_FRAME = b"\xff" * 160


class Stream:
    """Twilio's end of a media stream. Time is what it says it is: frames go out as fast as they are read."""

    def __init__(self, socket):
        self.socket = socket
        self.timestamp_ms = 0
        self.heard = wordcode.Decoder()
        self.words: list[str] = []
        self.marks: list[str] = []

    async def send(self, **message):
        await self.socket.send(json.dumps({"streamSid": "MZ1", **message}))

    async def start(self, parameters):
        await self.send(event="connected", protocol="Call", version="1.0.0")
        await self.send(
            event="start",
            start={
                "streamSid": "MZ1",
                "accountSid": "AC1",
                "callSid": SID,
                "tracks": ["inbound"],
                "customParameters": parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        )

    async def speak(self, audio: bytes):
        for begin in range(0, len(audio), 160):
            payload = base64.b64encode(audio[begin : begin + 160]).decode()
            media = {"track": "inbound", "timestamp": str(self.timestamp_ms), "payload": payload}
            await self.send(event="media", media=media)
            self.timestamp_ms += 20

    async def hear_prompt(self, *, answer: bytes = SILENT_FRAME) -> str:
        """Reads up to the end of a prompt, and echoes its mark as played. The line stays open meanwhile: silence is sent.

        Args:
            answer: said into the prompt's end.
        """
        heard: list[str] = []
        while True:
            receiving = asyncio.create_task(self.socket.recv())
            while not (await asyncio.wait([receiving], timeout=0.001))[0]:
                await self.speak(SILENT_FRAME)
            message = json.loads(await receiving)
            if message["event"] == "media":
                heard += [word.text for word in self.heard.feed(base64.b64decode(message["media"]["payload"]))]
            elif message["event"] == "mark":
                name = message["mark"]["name"]
                ends = "/" not in name and not name.startswith("cleared")
                await self.speak(answer if ends else SILENT_FRAME)
                await self.send(event="mark", mark={"name": name})
                if ends:
                    return " ".join(heard)

    async def closed(self) -> int:
        """The code that it is closed with, once all before it is read."""
        with suppress(ConnectionClosed):
            while True:
                await self.socket.recv()
        return self.socket.close_code


@asynccontextmanager
async def stream(world, *, token: str = AUTH_TOKEN):
    url = world.base_url.replace("http", "ws") + "/media"
    signature = RequestValidator(token).compute_signature(url, {})
    async with connect(url, additional_headers={"x-twilio-signature": signature}, proxy=None) as socket:
        yield Stream(socket)


async def invited(world, attempt_id, hook="voice") -> dict[str, str]:
    """The parameters that our TwiML gives a stream."""
    answer = await world.post(f"/webhooks/twilio/{hook}/{attempt_id}", FORM)
    return {
        parameter.attrib["name"]: parameter.attrib["value"]
        for parameter in ET.fromstring(answer.text).iterfind("./Connect/Stream/Parameter")
    }


@asynccontextmanager
async def asked(world, attempt_id):
    """A stream whose person was greeted and asked the first question."""
    async with stream(world) as it:
        await it.start(await invited(world, attempt_id))
        await it.hear_prompt()
        await it.hear_prompt()
        yield it


async def test_the_greeting_is_there_when_its_stream_starts(world):
    parameters = await invited(world, world.attempt("Perpetua"))
    preparing = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == "Preparations._prepare"]
    assert preparing
    await asyncio.wait(preparing)
    await world.web.post(f"{world.tts_admin}/faults", json={"kind": "unavailable", "times": 100})
    try:
        async with stream(world) as it:
            await it.start(parameters)
            assert "Hello Perpetua" in await it.hear_prompt(), "the voice was asked for it before, and is away now"
            await it.send(event="stop", stop={})
    finally:
        await world.web.delete(f"{world.tts_admin}/faults")


async def test_a_forged_upgrade_is_refused(world):
    with pytest.raises(InvalidStatus) as caught:
        async with stream(world, token="another-token"):
            pass
    assert caught.value.response.status_code == 403


async def test_a_stream_without_its_ticket_is_closed(world):
    parameters = await invited(world, world.attempt())
    for wrong in [
        {},
        parameters | {"token": "1.2.3"},
        parameters | {"token": ""},
        parameters | {"attempt_id": world.attempt()},
        parameters | {"attempt_id": "nonsense"},
    ]:
        async with stream(world) as it:
            await it.start(wrong)
            assert await it.closed() == 1008


async def test_a_ticket_that_is_too_old_is_refused(world):
    attempt_id = world.attempt()
    then = ManualClock(datetime.now(UTC) - VALID_FOR - timedelta(seconds=2))
    ticket = StreamTokens(SecretStr(AUTH_TOKEN), then).issue(attempt_id, SID)
    async with stream(world) as it:
        await it.start({"attempt_id": attempt_id, "token": ticket})
        assert await it.closed() == 1008
    assert REGISTRY.get_sample_value("daybook_refused_streams_total", {"reason": "token_expired"}) == 1


async def test_a_ticket_is_good_once(world):
    parameters = await invited(world, world.attempt())
    async with stream(world) as first, stream(world) as second:
        await first.start(parameters)
        assert "Hello" in await first.hear_prompt()
        await second.start(parameters)
        assert await second.closed() == 1008


@pytest.mark.parametrize("message", ["nonsense", "{}", '{"event":"media","media":{}}', '{"event":"stop"}'])
async def test_what_does_not_start_is_closed(world, message):
    async with stream(world) as it:
        await it.socket.send(message)
        assert await it.closed() == 1008


async def test_malformed_messages_are_left_out_and_the_call_goes_on(world):
    attempt_id = world.attempt()
    async with stream(world) as it:
        await it.start(await invited(world, attempt_id))
        await it.hear_prompt()
        for message in ["nonsense", b"\x00\xff", '{"event":"media","media":{"timestamp":"x"}}', '{"event":"dtmf"}']:
            await it.socket.send(message)
        await it.send(event="media", media={"track": "inbound", "timestamp": "80000000", "payload": "////"})
        assert "How was your day?" in await it.hear_prompt()
        await it.send(event="stop", stop={})
        await world.reflection(attempt_id, events.REFLECTION_STATE_SILENT)


async def test_too_many_malformed_messages_end_that_call_alone(world):
    async with stream(world) as broken, stream(world) as whole:
        await broken.start(await invited(world, world.attempt()))
        await whole.start(await invited(world, world.attempt()))
        for _ in range(60):
            await broken.socket.send("nonsense")
        assert await broken.closed() == 1013
        assert "Hello" in await whole.hear_prompt()


async def test_audio_that_comes_much_faster_than_life_ends_that_call_alone(world):
    async with stream(world) as fast, stream(world) as whole:
        await fast.start(await invited(world, world.attempt()))
        await whole.start(await invited(world, world.attempt()))
        for minute in range(30):  # a hole is as good as audio: it is silence
            media = {"track": "inbound", "timestamp": str(minute * 59_000), "payload": "////"}
            await fast.send(event="media", media=media)
        assert await fast.closed() == 1013
        assert "Hello" in await whole.hear_prompt()
    assert REGISTRY.get_sample_value("daybook_given_up_streams_total", {"reason": "too_fast"}) == 1


async def test_a_message_may_come_in_pieces_and_not_too_large(world):
    async with stream(world) as it, stream(world) as large:
        await it.start(await invited(world, world.attempt()))
        await large.start(await invited(world, world.attempt()))
        await it.hear_prompt()
        await it.socket.ping()
        await it.socket.send(['{"event":"dt', 'mf","dtmf":{"di', 'git":"9"}}'])
        assert "You will not be called any more." in await it.hear_prompt()
        await large.socket.send(["x" * 40_000, "x" * 40_000])
        assert await large.closed() == 1009


async def test_there_is_no_websocket_but_for_media(world):
    with pytest.raises(InvalidStatus) as caught:
        async with connect(world.base_url.replace("http", "ws") + "/other", proxy=None):
            pass
    assert caught.value.response.status_code == 404


async def test_a_stream_of_no_call_is_closed(world):
    attempt_id = world.attempt()
    parameters = await invited(world, attempt_id)
    world.scheduler.calls.pop(attempt_id.partition(".")[0])
    async with stream(world) as it:
        await it.start(parameters)
        assert await it.closed() == 1013


async def test_a_broken_stream_is_carried_on_in_the_next(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("I went for a walk.") + SILENT_FRAME * 40)
        await world.journal.until(
            lambda: "I went for a walk." in world.session(attempt_id).said(journal.SPEAKER_PERSON)
        )
        it.socket.transport.abort()
    async with stream(world) as it:
        await it.start(await invited(world, attempt_id, "resume"))
        assert "I am back" in await it.hear_prompt()
        await it.speak(wordcode.encode("That is all for today, thank you."))
        assert "Good-bye" in await it.hear_prompt()
        assert await it.closed() == 1000
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    session = world.session(attempt_id)
    assert session.said(journal.SPEAKER_PERSON) == "I went for a walk. That is all for today, thank you."
    person = session.segments[journal.SPEAKER_PERSON]
    assert [segment.sequence for segment in person] == list(range(len(person)))
    starts = [segment.starts_at_ms for segment in person]
    assert starts == sorted(starts)
    assert await invited(world, attempt_id, "resume") == {}, "what has ended is not begun again"


async def test_a_second_stream_takes_the_call_over(world):
    attempt_id = world.attempt()
    async with stream(world) as first, stream(world) as second:
        await first.start(await invited(world, attempt_id))
        await first.hear_prompt()
        await first.hear_prompt()
        await second.start(await invited(world, attempt_id, "resume"))
        assert await first.closed() == 1013
        assert "I am back" in await second.hear_prompt()


async def test_a_stream_that_broke_twice_becomes_a_call_without_one(world):
    attempt_id = world.attempt()
    answer = await world.post(f"/webhooks/twilio/resume/{attempt_id}?breaks=2", FORM)
    assert ET.fromstring(answer.text).find("./Gather") is not None


async def test_a_stream_that_breaks_in_the_last_words_is_not_carried_on(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.send(event="dtmf", dtmf={"track": "inbound_track", "digit": "9"})
        await world.reflection(attempt_id, events.REFLECTION_STATE_OPTED_OUT)
        it.socket.transport.abort()
    await world.journal.until(lambda: world.session(attempt_id).outcome == journal.SESSION_OUTCOME_OPTED_OUT)
    assert await invited(world, attempt_id, "resume") == {}, "who wants no more calls is not called back"


async def test_words_that_begin_before_a_prompt_sounds_hold_it_back(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("It was a quiet day, I baked bread and I slept very well."))
        question = await it.hear_prompt()
        assert question == "What is on your mind most as you look back on it?"
        await it.send(event="stop", stop={})
        await world.reflection(attempt_id, events.REFLECTION_STATE_CUT_SHORT)


async def test_words_that_are_begun_before_they_hang_up_are_kept(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("I went for a walk and"))
        await it.send(event="stop", stop={})
        await world.reflection(attempt_id, events.REFLECTION_STATE_CUT_SHORT)
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON) == "I went for a walk and"


async def test_who_says_stop_calling_and_hangs_up_is_opted_out(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("Stop calling me."))
        await it.send(event="stop", stop={})
        await world.reflection(attempt_id, events.REFLECTION_STATE_OPTED_OUT)
    await world.journal.until(lambda: world.session(attempt_id).outcome == journal.SESSION_OUTCOME_OPTED_OUT)


async def test_words_under_way_when_the_stream_breaks_are_kept(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("I went for a walk and"))
        await world.journal.until(lambda: journal.SPEAKER_PERSON in world.session(attempt_id).segments)
        it.socket.transport.abort()
    await world.journal.until(
        lambda: world.session(attempt_id).said(journal.SPEAKER_PERSON).startswith("I went for a walk")
    )


async def test_after_the_last_words_the_line_is_closed_at_once_and_what_was_said_into_them_is_kept(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await world.journal.stop()
        await it.speak(wordcode.encode("That is all for today, thank you."))
        assert "Good-bye" in await it.hear_prompt(answer=wordcode.encode("Good night"))
        assert await it.closed() == 1000, "though the journal is away"
    await world.journal.start()
    await world.reflection(attempt_id, events.REFLECTION_STATE_COMPLETED)
    assert world.session(attempt_id).said(journal.SPEAKER_PERSON) == "That is all for today, thank you. Good night"


async def test_a_turn_is_durable_before_the_next_prompt_plays_and_audio_while_the_person_talks(world):
    attempt_id = world.attempt()
    async with stream(world) as it:
        await it.start(await invited(world, attempt_id))
        await it.hear_prompt()
        while json.loads(await it.socket.recv())["event"] != "media":
            pass
        assert world.session(attempt_id).purposes() == ["greeting"]
        await it.speak(wordcode.encode("I went for a walk and"))

        def kept_ms() -> int:
            segments = world.session(attempt_id).segments.get(journal.SPEAKER_PERSON, [])
            assert all(len(segment.audio) <= 8_000 for segment in segments)
            return sum(len(segment.audio) for segment in segments) // 8

        # the line stays open and brings nothing more
        await world.journal.until(lambda: it.timestamp_ms - kept_ms() < 1_000)


async def test_what_is_to_be_heard_again_is_asked_for_until_the_journal_is_back(world):
    attempt_id = world.attempt()
    async with asked(world, attempt_id) as it:
        await it.speak(wordcode.encode("I went for a walk"))
        await world.journal.until(lambda: journal.SPEAKER_PERSON in world.session(attempt_id).segments)
        session = world.session(attempt_id)
        await world.journal.stop()

        def asked_in_vain() -> float:
            return REGISTRY.get_sample_value("daybook_journal_retries_total", {"request": "ReadTrack"}) or 0

        async with grpc.aio.insecure_channel(f"127.0.0.1:{world.journal.port}") as channel:
            kept = Journal(channel, Room(10**6), Tokens().of_service(GATEWAY))
            asking = asyncio.create_task(kept.said_by_person(session.session_id, 0, 400))

            async def in_vain() -> bool:
                return asked_in_vain() > 0

            await until(in_vain)
            await world.journal.start()
            assert await asking == session.segments[journal.SPEAKER_PERSON][0].audio[:3200]
        await it.send(event="stop", stop={})


async def test_a_turn_that_another_gateway_still_adds_displaces_none_of_this_one(world):
    attempt_id = world.attempt()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{world.journal.port}") as channel:
        kept = Journal(channel, Room(10**6), Tokens().of_service(GATEWAY))
        opened = await kept.open_session(
            parse_attempt_id(attempt_id), person_id=str(uuid4()), started_at=datetime.now(UTC), within_s=10
        )
        async with kept.keeping(opened.session_id) as before:
            before.keep_turn(Turn(0, Speaker.PERSON, "I went for a walk.", None, 0, 800))
        async with kept.keeping(opened.session_id) as after:
            after.keep_turn(Turn(0, Speaker.DAYBOOK, "I am back.", None, 900, 1700))
            after.keep_turn(Turn(1, Speaker.PERSON, "It rained.", None, 1800, 2600))
    turns = world.session(attempt_id).turns
    assert [(turn.sequence, turn.text) for turn in turns] == [
        (0, "I went for a walk."),
        (1, "I am back."),
        (2, "It rained."),
    ]
