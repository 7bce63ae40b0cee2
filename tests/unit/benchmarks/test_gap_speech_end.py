"""How the recogniser of the benchmark of gaps knows speech from silence."""

import asyncio

import pytest

from benchmarks.gap.speech_end import SpeechEnd

SPEECH, SILENCE = b"\x10" * 160, b"\xff" * 160


async def told_of(*messages):
    """What is told of these messages: where speech begins, and where it ends."""
    told, over = [], asyncio.Event()

    def end(at_ms):
        told.append(("ended", at_ms))
        over.set()

    end_of_speech = SpeechEnd(
        b"\xff", bytes_per_ms=8, after_s=0.0, began=lambda at_ms: told.append(("began", at_ms)), ended=end
    )
    for message in messages:
        end_of_speech.feed(message)
    await over.wait()
    return told


@pytest.mark.parametrize(
    "messages",
    [
        (SILENCE, SPEECH, SPEECH, SILENCE),
        (SILENCE + SPEECH + SPEECH + SILENCE,),
        (SILENCE + SPEECH + SPEECH, SILENCE + SILENCE),
    ],
)
async def test_where_speech_ends_does_not_depend_on_the_messages(messages):
    told = await told_of(*messages)
    assert told[-1] == ("ended", 60)
    assert len(told) == 2


async def test_each_thing_that_is_said_has_a_begin_and_an_end():
    assert sorted(await told_of(SPEECH, SILENCE, SPEECH, SILENCE)) == [
        ("began", 0),
        ("began", 40),
        ("ended", 20),
        ("ended", 60),
    ]
