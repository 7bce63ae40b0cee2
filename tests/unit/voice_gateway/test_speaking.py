"""How a name is said to somebody who is typing it: which words, as which file, and how often."""

import asyncio
import io
from contextlib import asynccontextmanager

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.cloud.texttospeech_v1.types import cloud_tts as api
from prometheus_client import REGISTRY

from chassis.errors import Conflict, InvalidInput
from chassis.person_names import LONGEST_NAME
from daybook.gateway.v1 import speaking_pb2 as pb
from voice_gateway.errors import GatewayFull, SpeechUnavailable
from voice_gateway.programme_files import LANGUAGES, programme_for
from voice_gateway.speaking import A_MINUTE, AT_ONCE, LONGEST_S, Speaking
from voice_gateway.speech_trouble import SpeechTrouble
from voice_gateway.text_to_speech import GoogleTextToSpeech
from voice_gateway.wav import BYTES_PER_S, wav


class Voice:
    """Google's client: each call is answered by these pieces, or by what went wrong, once the test lets it."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.asked = []
        self.all_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def streaming_synthesize(self, **_options):
        call = VoiceCall(self, iter(self.pieces))
        self.asked.append(call)
        if len(self.asked) == AT_ONCE:
            self.all_asked.set()
        return call


class VoiceCall:
    def __init__(self, voice, pieces):
        self.voice, self.pieces, self.requests = voice, pieces, []
        self.written = asyncio.Event()

    async def write(self, request):
        self.requests.append(request)

    async def done_writing(self):
        self.written.set()

    def cancel(self):
        return True

    async def read(self):
        await self.written.wait()
        await self.voice.may_answer.wait()
        piece = next(self.pieces, None)
        if isinstance(piece, Exception):
            raise piece
        return None if piece is None else api.StreamingSynthesizeResponse(audio_content=piece)


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def trouble(clock):
    return SpeechTrouble(clock)


@pytest.fixture
def speaking(trouble, clock):
    def of(voice, orchestrator="enhanced"):
        return Speaking(
            GoogleTextToSpeech(voice, voice="Aoede"),
            trouble,
            orchestrator=orchestrator,
            operator_name="Daybook",
            now=clock,
        )

    return of


async def said(speaking, name="Ada", locale="en-GB"):
    return (await speaking.SayName(pb.SayNameRequest(locale=locale, spoken_name=name), None)).wav


def said_so_far(result):
    return REGISTRY.get_sample_value("daybook_names_said_total", {"result": result})


@asynccontextmanager
async def being_said(speaking, voice):
    """As many as may be, which wait for their audio."""
    voice.may_answer.clear()
    tasks = [asyncio.create_task(said(speaking)) for _ in range(AT_ONCE)]
    await voice.all_asked.wait()
    yield tasks
    voice.may_answer.set()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("locale", "spoken", "voice"),
    [
        ("en-GB", "Hello Ada.", "en-US-Chirp3-HD-Aoede"),
        ("de-AT", "Guten Tag, Ada.", "de-DE-Chirp3-HD-Aoede"),
        ("fi-FI", "Hello Ada.", "en-US-Chirp3-HD-Aoede"),
        ("", "Hello Ada.", "en-US-Chirp3-HD-Aoede"),
    ],
)
async def test_it_is_the_greeting_s_sentence_in_the_voice_of_the_calls(speaking, locale, spoken, voice):
    google = Voice(b"a")
    await said(speaking(google), " Ada ", locale)
    [call] = google.asked
    configured, text = call.requests
    assert text.input.text == spoken
    assert configured.streaming_config.voice.name == voice


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("name", ["Ada", "Dr. Ada?", "{name}", "{0}"])
def test_every_greeting_begins_with_what_is_heard_and_names_them_in_it(language, name):
    programme = programme_for(language.locale, "Daybook")
    opening = programme.opening_for(name)
    assert programme.greeting_for(name).startswith(opening)
    assert name in opening
    assert len(opening) < len(name) + 40


async def test_what_a_browser_gets_is_a_file_of_what_a_call_sends(speaking):
    file = io.BytesIO(await said(speaking(Voice(b"\x7f\xff", b"\x00"))))
    head, told = file.read(12), {}
    while chunk := file.read(8):
        size = int.from_bytes(chunk[4:], "little")
        told[chunk[:4]] = file.read(size)
        file.read(size % 2)
    assert (head[:4], head[8:]) == (b"RIFF", b"WAVE")
    assert int.from_bytes(head[4:8], "little") == len(file.getvalue()) - 8
    assert told[b"fmt "][:2] == b"\x07\x00"
    assert told[b"data"] == b"\x7f\xff\x00"
    assert int.from_bytes(told[b"fact"], "little") == 3
    assert len(wav(b"ab")) == len(wav(b"a"))


async def test_a_voice_that_does_not_stop_is_stopped(speaking):
    second = bytes(BYTES_PER_S)
    file = await said(speaking(Voice(*[second] * (LONGEST_S + 20))))
    assert len(file) == len(wav(second * LONGEST_S))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("  ", "is to be what the person is called; it is empty."),
        ("x" * (LONGEST_NAME + 1), "is to have at most 100 characters; it has 101."),
        ("Ada\nstop", "is to be one line of text; it holds a line break or another control character."),
    ],
    ids=["none", "long", "two lines"],
)
async def test_a_name_that_could_not_be_kept_is_not_said(speaking, name, told):
    google = Voice(b"a")
    with pytest.raises(InvalidInput) as refused:
        await said(speaking(google), name)
    assert (refused.value.field, refused.value.remedy) == ("spoken_name", told)
    assert google.asked == []


@pytest.mark.parametrize("wrong", [ServiceUnavailable("away"), None], ids=["away", "no audio"])
async def test_where_google_does_not_speak_nobody_is_told_a_name(speaking, wrong):
    with pytest.raises(SpeechUnavailable) as told:
        await said(speaking(Voice(wrong)), "Rumpelstiltskin")
    assert "Rumpel" not in str(told.value)


async def test_a_name_is_kept_by_nobody(speaking):
    google = Voice(b"a")
    asked = speaking(google)
    assert await said(asked) == await said(asked)
    assert len(google.asked) == 2


async def test_only_so_many_are_said_at_once_and_one_that_is_given_up_makes_room(speaking):
    google = Voice(b"a")
    asked = speaking(google)
    async with being_said(asked, google) as tasks:
        with pytest.raises(GatewayFull):
            await said(asked)
        assert len(google.asked) == AT_ONCE
        unspoken = said_so_far("unspoken")
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        assert said_so_far("unspoken") == unspoken + 1
        google.may_answer.set()
        assert await said(asked)


async def test_only_so_many_are_said_in_a_minute(speaking, clock):
    google = Voice(b"a")
    asked = speaking(google)
    for _ in range(A_MINUTE):
        await said(asked)
        clock.now_s += 1
    with pytest.raises(GatewayFull):
        await said(asked)
    clock.now_s = 1060.0  # a minute after the first
    assert await said(asked)


async def test_while_calls_cannot_be_spoken_no_name_is(speaking, trouble, clock):
    google = Voice(b"a")
    asked = speaking(google)
    trouble.note("google_voice_unavailable")
    with pytest.raises(SpeechUnavailable):
        await said(asked)
    assert google.asked == []
    clock.now_s += 31
    assert await said(asked)


async def test_where_the_carrier_speaks_nobody_hears_it_beforehand(speaking):
    with pytest.raises(Conflict):
        await said(speaking(Voice(b"a"), orchestrator="standard"))
