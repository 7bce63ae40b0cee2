"""`StreamingRecognize` as the client of google-cloud-speech sees it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any, cast

import grpc
import httpx2
import pytest
from google.api_core import exceptions
from google.cloud.speech_v2 import SpeechAsyncClient, types
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport

from emulators import google_speech, mulaw, wordcode

RECOGNIZER = "projects/daybook/locations/us/recognizers/_"
Response = types.StreamingRecognizeResponse
Event = Response.SpeechEventType
SECOND = mulaw.silence(timedelta(seconds=1))


def configuration(
    *, recognizer: str = RECOGNIZER, config: dict[str, Any] | None = None, features: dict[str, Any] | None = None
) -> types.StreamingRecognizeRequest:
    decoding = types.ExplicitDecodingConfig(
        encoding=types.ExplicitDecodingConfig.AudioEncoding.MULAW, sample_rate_hertz=8000, audio_channel_count=1
    )
    defaults: dict[str, Any] = {"explicit_decoding_config": decoding, "model": "chirp_3", "language_codes": ["en-US"]}
    return types.StreamingRecognizeRequest(
        recognizer=recognizer,
        streaming_config=types.StreamingRecognitionConfig(
            config=types.RecognitionConfig(**(defaults | (config or {}))),
            streaming_features=types.StreamingRecognitionFeatures(
                **{"interim_results": True, "enable_voice_activity_events": True} | (features or {})
            ),
        ),
    )


def pieces(audio: bytes, size: int = 800) -> list[types.StreamingRecognizeRequest]:
    return [types.StreamingRecognizeRequest(audio=audio[at : at + size]) for at in range(0, len(audio), size)]


async def recognize(
    client: SpeechAsyncClient,
    requests: Iterable[types.StreamingRecognizeRequest],
    *,
    into: list[Response] | None = None,
    then: asyncio.Event | None = None,
    timeout_s: float = 30,
) -> list[Response]:
    """Sends the requests and collects what comes back.

    Args:
        into: collects what came before an error, too.
        then: keeps the client's side open until then. A server that ends a stream on which the client still writes is seen
            by grpc.aio as an internal error or by its status, whichever is first; so who expects a status writes no more.
    """

    async def sending() -> AsyncIterator[types.StreamingRecognizeRequest]:
        for request in requests:
            yield request
        if then is not None:
            await then.wait()

    responses = [] if into is None else into
    try:
        async for response in await client.streaming_recognize(requests=sending(), timeout=timeout_s):
            responses.append(response)
    finally:
        if then is not None:
            then.set()
    return responses


def finals(responses: list[Response]) -> list[tuple[str, timedelta]]:
    results = [result for response in responses for result in response.results if result.is_final]
    return [(result.alternatives[0].transcript, cast("timedelta", result.result_end_offset)) for result in results]


def interims(responses: list[Response]) -> list[str]:
    results = [result for response in responses for result in response.results if not result.is_final]
    return [result.alternatives[0].transcript for result in results]


async def test_speech_becomes_interims_and_finals_with_offsets(speech_client: SpeechAsyncClient) -> None:
    audio = SECOND + wordcode.encode("I slept well.") + SECOND + wordcode.encode("And walked.") + SECOND
    responses = await recognize(speech_client, [configuration(), *pieces(audio)])
    (first, first_end), (second, second_end) = finals(responses)
    assert first + second == "I slept well. And walked."
    assert timedelta(seconds=2) < first_end < timedelta(seconds=2.2)
    assert timedelta(seconds=3.9) < second_end < timedelta(seconds=4)
    assert interims(responses) == ["I", "I slept", "I slept well.", " And", " And walked."]
    assert all(0 < result.stability <= 1 for r in responses for result in r.results if not result.is_final)
    assert all(result.alternatives[0].confidence > 0.9 for r in responses for result in r.results if result.is_final)
    assert {result.language_code for r in responses for result in r.results} == {"en-US"}


async def test_activity_events_enclose_what_was_said(speech_client: SpeechAsyncClient) -> None:
    responses = await recognize(speech_client, [configuration(), *pieces(SECOND + wordcode.encode("Yes.") + SECOND)])
    events = [(response.speech_event_type, response.speech_event_offset) for response in responses]
    kinds = [kind for kind, _ in events if kind]
    assert kinds == [Event.SPEECH_ACTIVITY_BEGIN, Event.SPEECH_ACTIVITY_END]
    begun, ended = [offset for kind, offset in events if kind]
    assert begun == timedelta(seconds=1, milliseconds=80)
    assert ended == timedelta(seconds=1, milliseconds=340 + 500)
    assert events[0][0] == Event.SPEECH_ACTIVITY_BEGIN


async def test_what_was_not_asked_for_is_not_sent(speech_client: SpeechAsyncClient) -> None:
    plain = configuration(features={"interim_results": False, "enable_voice_activity_events": False})
    responses = await recognize(speech_client, [plain, *pieces(wordcode.encode("Only the end.") + SECOND)])
    assert [text for text, _ in finals(responses)] == ["Only the end."]
    assert len(responses) == 1


async def test_what_was_said_last_is_told_when_the_client_closes_its_side(speech_client: SpeechAsyncClient) -> None:
    responses = await recognize(speech_client, [configuration(), *pieces(wordcode.encode("Good night."), size=333)])
    assert [text for text, _ in finals(responses)] == ["Good night."]


async def test_silence_and_no_audio_at_all_say_nothing(speech_client: SpeechAsyncClient) -> None:
    assert await recognize(speech_client, [configuration(), *pieces(SECOND * 5)]) == []
    assert await recognize(speech_client, [configuration()]) == []
    assert await recognize(speech_client, []) == []


BAD_FIRST_MESSAGES = [
    (types.StreamingRecognizeRequest(recognizer=RECOGNIZER, audio=b"\xff"), "recognizer and a streaming_config"),
    (types.StreamingRecognizeRequest(recognizer=RECOGNIZER), "recognizer and a streaming_config"),
    (configuration(recognizer=""), "projects/{project}/locations/{location}/recognizers/{recognizer}"),
    (configuration(recognizer="projects/daybook"), "projects/{project}/locations/{location}/recognizers/{recognizer}"),
    (configuration(config={"model": ""}), "a model is required"),
    (configuration(config={"language_codes": []}), "exactly one language code"),
    (configuration(config={"explicit_decoding_config": None}), "explicit_decoding_config"),
    (
        configuration(config={"explicit_decoding_config": {"encoding": 1, "sample_rate_hertz": 8000}}),
        "this emulator hears MULAW only",
    ),
    (
        configuration(config={"explicit_decoding_config": {"encoding": 2, "sample_rate_hertz": 16000}}),
        "this emulator hears 8000 Hz only",
    ),
    (
        configuration(config={"explicit_decoding_config": {"encoding": 2, "sample_rate_hertz": 8000}}),
        "this emulator hears 1 channel only",
    ),
    (
        configuration(
            features={
                "enable_voice_activity_events": False,
                "voice_activity_timeout": {"speech_end_timeout": timedelta(seconds=3)},
            }
        ),
        "requires `enable_voice_activity_events`",
    ),
]


@pytest.mark.parametrize(("first", "text"), BAD_FIRST_MESSAGES, ids=[text for _, text in BAD_FIRST_MESSAGES])
async def test_a_wrong_first_message_is_refused_and_the_service_serves_on(
    speech_client: SpeechAsyncClient, first: types.StreamingRecognizeRequest, text: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await recognize(speech_client, [first])
    assert text in str(refused.value)
    responses = await recognize(speech_client, [configuration(), *pieces(wordcode.encode("Still here."))])
    assert [said for said, _ in finals(responses)] == ["Still here."]


@pytest.mark.parametrize(
    ("later", "text"),
    [
        (configuration(), "Only the first message"),
        (types.StreamingRecognizeRequest(), "Only the first message"),
        (types.StreamingRecognizeRequest(audio=b"\xff" * 25_601), "maximum of 25600 bytes, and 25601 were sent"),
    ],
    ids=["configuration", "empty", "too much"],
)
async def test_a_wrong_later_message_is_refused_behind_the_results_before_it(
    speech_client: SpeechAsyncClient, later: types.StreamingRecognizeRequest, text: str
) -> None:
    heard: list[Response] = []
    before = pieces(wordcode.encode("Before.") + SECOND)
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await recognize(speech_client, [configuration(), *before, later], into=heard)
    assert text in str(refused.value)
    assert [said for said, _ in finals(heard)] == ["Before."]


async def test_the_largest_message_is_accepted(speech_client: SpeechAsyncClient) -> None:
    assert await recognize(speech_client, [configuration(), *pieces(SECOND * 4, size=25_600)]) == []


async def test_a_stream_ends_after_five_minutes_of_audio_behind_its_results(speech_client: SpeechAsyncClient) -> None:
    audio = SECOND * 298 + wordcode.encode("Cut off.") + SECOND * 2
    heard: list[Response] = []
    with pytest.raises(exceptions.Aborted, match="Max duration of 5 minutes reached for stream"):
        await recognize(
            speech_client, [configuration(), *pieces(audio[: 300 * 8000], 8000)], into=heard, then=asyncio.Event()
        )
    assert [said for said, _ in finals(heard)] == ["Cut off."]


async def test_a_stream_ends_after_five_minutes_of_time() -> None:
    settings = google_speech.SpeechSettings(engine=google_speech.Engine.WORDCODE, time_factor=1000)
    ended = asyncio.Event()

    async def a_little_now_and_then() -> AsyncIterator[types.StreamingRecognizeRequest]:
        yield configuration()
        while not ended.is_set():
            yield types.StreamingRecognizeRequest(audio=b"\xff" * 160)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 0.002)

    async with google_speech.serve(settings) as running, grpc.aio.insecure_channel(running.endpoint) as channel:
        client = SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
        with pytest.raises((exceptions.Aborted, exceptions.InternalServerError)):  # why either: see `recognize`
            async for _ in await client.streaming_recognize(requests=a_little_now_and_then()):
                pass
        ended.set()


@pytest.mark.parametrize("before", [[], [configuration()], [configuration(), *pieces(SECOND)]])
async def test_a_stream_ends_when_no_audio_comes_for_ten_seconds(
    speech_client: SpeechAsyncClient, before: list[types.StreamingRecognizeRequest]
) -> None:
    with pytest.raises(exceptions.Aborted, match="Stream timed out after receiving no more client requests"):
        await recognize(speech_client, before, then=asyncio.Event())


async def test_the_client_may_have_silence_at_the_start_close_the_stream(speech_client: SpeechAsyncClient) -> None:
    patient = configuration(features={"voice_activity_timeout": {"speech_start_timeout": timedelta(seconds=3)}})
    assert await recognize(speech_client, [patient, *pieces(SECOND * 3)], then=asyncio.Event()) == []
    responses = await recognize(
        speech_client, [patient, *pieces(SECOND * 2 + wordcode.encode("In time.") + SECOND * 9)]
    )
    assert [said for said, _ in finals(responses)] == ["In time."]


async def test_the_client_may_have_silence_after_speech_close_the_stream(speech_client: SpeechAsyncClient) -> None:
    patient = configuration(features={"voice_activity_timeout": {"speech_end_timeout": timedelta(seconds=3)}})
    audio = SECOND * 9 + wordcode.encode("First.") + SECOND * 2 + wordcode.encode("Second.")
    audio += mulaw.silence(timedelta(seconds=3.5))
    responses = await recognize(speech_client, [patient, *pieces(audio)], then=asyncio.Event())
    assert [said for said, _ in finals(responses)] == ["First.", " Second."]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unavailable", exceptions.ServiceUnavailable),
        ("resource_exhausted", exceptions.ResourceExhausted),
        ("internal", exceptions.InternalServerError),
        ("aborted", exceptions.Aborted),
    ],
)
async def test_a_fault_befalls_as_many_streams_as_ordered(
    speech_client: SpeechAsyncClient, speech_admin: httpx2.AsyncClient, kind: str, error: type[Exception]
) -> None:
    ordered = await speech_admin.post("/faults", json={"kind": kind, "times": 2})
    assert ordered.status_code == 201
    for _ in range(2):
        with pytest.raises(error):
            await recognize(speech_client, [configuration()])
    assert await recognize(speech_client, [configuration()]) == []


async def test_a_fault_may_befall_in_the_middle_of_a_stream(
    speech_client: SpeechAsyncClient, speech_admin: httpx2.AsyncClient
) -> None:
    await speech_admin.post("/faults", json={"kind": "aborted", "after_ms": 2000})
    heard: list[Response] = []
    audio = wordcode.encode("Heard.") + SECOND + wordcode.encode("one two")
    with pytest.raises(exceptions.Aborted):
        await recognize(speech_client, [configuration(), *pieces(audio[: 2 * 8000])], into=heard, then=asyncio.Event())
    assert [said for said, _ in finals(heard)] == ["Heard."]


async def test_a_hanging_stream_never_answers(
    speech_client: SpeechAsyncClient, speech_admin: httpx2.AsyncClient
) -> None:
    await speech_admin.post("/faults", json={"kind": "hang"})
    with pytest.raises(exceptions.DeadlineExceeded):
        await recognize(speech_client, [configuration()], then=asyncio.Event(), timeout_s=0.2)
    assert await recognize(speech_client, [configuration()]) == []


async def test_the_admin_port_tells_what_is_wrong_with_an_order(speech_admin: httpx2.AsyncClient) -> None:
    assert (await speech_admin.get("/healthz")).json() == {"status": "alive", "faults_pending": 0}
    for order in [{"kind": "fire"}, {"kind": "hang", "times": 0}, {}, {"kind": "hang", "colour": "red"}, [1]]:
        response = await speech_admin.post("/faults", json=order)
        assert response.status_code == 422
        assert response.json()["problems"]
    assert (await speech_admin.post("/faults", content=b"{")).status_code == 422
    await speech_admin.post("/faults", json={"kind": "hang", "times": 3})
    assert (await speech_admin.delete("/faults")).json() == {"faults_pending": 0}


async def test_the_admin_port_counts_streams(
    speech_client: SpeechAsyncClient, speech_admin: httpx2.AsyncClient
) -> None:
    await recognize(speech_client, [configuration()])
    assert (await speech_admin.get("/streams")).json() == {"opened": 1, "open": 0}
