"""A recording that was kept for as long as its person wished: its entry says when it went, and has nothing to play."""

import asyncio
import sys
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from daybook.journal.v1 import keeping_pb2 as pb
from daybook.journal.v1.keeping_pb2_grpc import KeepingServiceStub

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_removed_recording_is_told_with_its_day_and_the_words_stay(house, kept):
    entry = await kept.spoken("We walked along the river.")
    keeping = pb.Keeping(audio_days=1)
    request = pb.SetKeepingRequest(person_id=kept.person.person_id, keeping=keeping)
    await KeepingServiceStub(house.journal).SetKeeping(request)
    argv = (sys.executable, "-m", "journal", "retain")
    retained = await asyncio.create_subprocess_exec(*argv, env=house.environment, stdout=asyncio.subprocess.DEVNULL)
    assert await retained.wait() == 0
    removed_at = (
        (await kept.entry(entry)).summary.audio_removed_at.ToDatetime(UTC).astimezone(ZoneInfo("Europe/Vienna"))
    )
    answer = await kept.browser.get(f"/journal/{entry}")
    assert f"The recording was removed on {removed_at.day} " in answer.text
    assert "We walked along the river." in answer.text
    assert "<audio" not in answer.text
    assert "recording.wav" not in answer.text
    heard = await kept.browser.get(f"/journal/{entry}/recording.wav")
    assert (heard.status_code, "There is no recording here" in heard.text) == (404, True)
