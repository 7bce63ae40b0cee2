"""The journal is away for longer than there is room for what is said: the person is told before anything is lost."""

import asyncio

import grpc
import pytest
from journal_access import Tokens
from prometheus_client import REGISTRY

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook_cli.embedded import free_port
from emulators import wordcode
from journal.rights import GATEWAY
from voice_gateway.exchange import Speaker, Turn
from voice_gateway.journal import Journal
from voice_gateway.programme_files import programme_for
from voice_gateway.recording import Segment
from voice_gateway.spool import Room

SECONDS_BEFORE_A_QUESTION = 40
"""Of a call: a greeting is over by then, and who has not been asked yet has been talking for long."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def more_settings() -> dict[str, object]:
    """Room for one call of a minute, no more."""
    return {"spool_mib": 1}


async def test_the_person_is_told_the_call_ends_and_all_of_it_is_kept_later(world):
    attempt_id = await world.ring("talks_seven_minutes")
    call_id = attempt_id.partition(".")[0]

    def is_talking() -> bool:
        """They were asked, or did not wait for it; and no turn of Daybook's is on its way."""
        session = world.journal.sessions.get(call_id)
        return session is not None and (
            "question" in session.purposes()
            or len(session.segments.get(journal.SPEAKER_PERSON, ())) > SECONDS_BEFORE_A_QUESTION
        )

    await world.journal.until(is_talking)
    await world.journal.stop()
    call = await world.carrier_call(attempt_id)
    assert call["heard_words"].endswith(programme_for("en-US", "Daybook").journal_away)
    assert REGISTRY.get_sample_value("daybook_spooled_bytes") > 0
    await world.journal.start()
    await world.reflection(attempt_id, events.REFLECTION_STATE_CUT_SHORT)
    session = world.session(attempt_id)
    assert programme_for("en-US", "Daybook").journal_away in [
        turn.text for turn in session.turns if turn.purpose == "closing"
    ]
    audio = b"".join(segment.audio for segment in session.segments[journal.SPEAKER_PERSON])
    kept = wordcode.decode(audio)
    assert kept == session.said(journal.SPEAKER_PERSON)
    # they talk on until the carrier has hung up
    assert call["said_words"].startswith(kept)
    assert len(audio) // 8 >= max(turn.ends_at_ms for turn in session.turns)
    assert REGISTRY.get_sample_value("daybook_spooled_bytes") == 0


async def test_a_process_that_has_to_go_before_the_journal_is_back_tells_what_is_lost():
    def lost() -> list[float]:
        audio = REGISTRY.get_sample_value("daybook_lost_audio_seconds_total", {"track": "person"})
        return [audio, REGISTRY.get_sample_value("daybook_lost_turns_total")]

    before = lost()
    handed_in = asyncio.Event()

    async def a_call() -> None:
        async with (
            grpc.aio.insecure_channel(f"127.0.0.1:{free_port()}") as nobody,
            Journal(nobody, Room(10**6), Tokens().of_service(GATEWAY)).keeping("a-session") as keeper,
        ):
            keeper.keep_turn(Turn(0, Speaker.PERSON, "I went for a walk.", None, 0, 800))
            keeper.keep_audio([Segment(Speaker.PERSON, 0, 0, b"\x11" * 6400)])
            handed_in.set()

    calling = asyncio.create_task(a_call())
    await handed_in.wait()
    calling.cancel()
    await asyncio.wait([calling])
    assert [now - was for now, was in zip(lost(), before, strict=True)] == [pytest.approx(0.8), 1]
