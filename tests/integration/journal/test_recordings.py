import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import grpc
import pytest
from obstore.store import LocalStore
from sqlalchemy import text

from daybook.journal.v1 import journal_pb2 as pb
from journal.new_files import NewFiles
from journal.objects import Objects
from journal.recordings import Recordings
from journal.records import KeptSegment, Segment, Speaker

CONFLICT = grpc.StatusCode.FAILED_PRECONDITION
DATA_LOSS = grpc.StatusCode.DATA_LOSS
WAV_HEADER_BYTES = 58


def tracks(wav):
    frames = wav[WAV_HEADER_BYTES:]
    return frames[0::2], frames[1::2]


async def test_a_recording_is_heard_as_it_was_spoken(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(
        conversation.segment(0, b"\x01" * 8000),
        conversation.segment(0, b"\x02" * 4000, track=pb.SPEAKER_DAYBOOK, starts_at_ms=1000),
        conversation.segment(1, b"\x03" * 8000, starts_at_ms=9500),
    )
    entry = (await conversation.finish()).entry
    left, right = tracks(await conversation.hear(entry.entry_id))
    assert entry.recording_ms == 10_500
    assert left == b"\x01" * 8000 + b"\xff" * 68_000 + b"\x03" * 8000
    assert right == b"\xff" * 8000 + b"\x02" * 4000 + b"\xff" * 72_000


async def test_any_part_of_a_recording_is_heard_without_the_rest(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    for second in range(20):
        await conversation.record(
            conversation.segment(second, bytes([second]) * 8000),
            conversation.segment(second, bytes([100 + second]) * 3000, track=pb.SPEAKER_DAYBOOK),
        )
    entry_id = (await conversation.finish()).entry.entry_id
    whole = await conversation.hear(entry_id)
    for offset in (0, 1, 57, 58, 59, 58 + 128_000, 200_001, len(whole) - 1, len(whole), len(whole) + 5):
        for length in (0, 1, 58, 16_001, 10**9):
            end = offset + length if length else None
            assert await conversation.hear(entry_id, offset=offset, length=length) == whole[offset:end]
    request = pb.ReadAudioRequest(person_id=conversation.person_id, entry_id=entry_id, offset=10**12)
    assert [answer.total_bytes async for answer in served.stub.ReadAudio(request)] == [len(whole)]


async def test_what_comes_while_a_session_ends_is_in_its_entry_or_refused(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")

    async def talk():
        """On one stream after the other, since each may be the one that meets the end."""
        with suppress(grpc.aio.AioRpcError):
            for second in range(200):
                kept.extend(await conversation.record(conversation.segment(second)))
                if second == 5:
                    in_the_midst.set()

    kept, in_the_midst = [], asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(talk())
        await in_the_midst.wait()
        entry = (await conversation.finish()).entry
    assert len(kept) < 200
    assert entry.recording_ms == kept[-1].ends_at_ms
    assert len(served.objects()) == len(kept)
    assert len(await conversation.hear(entry.entry_id)) == WAV_HEADER_BYTES + entry.recording_ms * 16


async def test_a_segment_is_an_object_before_it_is_answered(served):
    conversation = await served.begun()
    answers = served.stub.AppendAudio()
    await answers.write(conversation.segment(0))
    position = (await answers.read()).position
    assert (position.track, position.next_sequence, position.kept_ms) == (pb.SPEAKER_PERSON, 1, 1000)
    [kept] = served.objects()
    assert kept.parts[-3:] == (kept.parts[-3], "person", "00000000-00000000")
    await answers.done_writing()


async def test_the_same_segment_again_changes_nothing(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    first = await conversation.record(conversation.segment(0, b"\x01" * 8000))
    again = await conversation.record(conversation.segment(0, b"\x02" * 8000))
    assert again == first
    left, _ = tracks(await conversation.hear((await conversation.finish()).entry.entry_id))
    assert left == b"\x01" * 8000


async def test_a_track_ends_where_its_last_segment_does_whatever_is_missing_before_it(served):
    conversation = await served.begun()
    [*_, position] = await conversation.record(
        conversation.segment(0), conversation.segment(1, b"\x01" * 4000, starts_at_ms=7_000)
    )
    assert (position.kept_ms, position.ends_at_ms) == (1_500, 7_500)
    assert (await conversation.start()).tracks[0] == position


async def test_the_same_segment_twice_at_once_is_kept_once(served):
    conversation = await served.begun()
    await asyncio.gather(*(conversation.record(conversation.segment(0), conversation.segment(1)) for _ in range(4)))
    person_track = (await conversation.start()).tracks[0]
    assert (person_track.next_sequence, person_track.kept_ms) == (2, 2000)


@pytest.mark.parametrize("went_on_at_ms", [1_000, 1_050])
async def test_what_a_gateway_that_was_replaced_sends_late_is_kept_beside_what_the_next_one_kept(served, went_on_at_ms):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    replaced = served.stub.AppendAudio()
    await replaced.write(conversation.segment(0, b"\x01" * 8000))
    await replaced.read()
    await conversation.record(
        conversation.segment(1, b"\x02" * 8000, starts_at_ms=went_on_at_ms), conversation.segment(2, b"\x02" * 8000)
    )
    for _ in range(2):  # its answer may be lost as well
        await replaced.write(conversation.segment(1, b"\x03" * 400))
        assert (await replaced.read()).position.next_sequence == 2
    await replaced.done_writing()
    left, _ = tracks(await conversation.hear((await conversation.finish()).entry.entry_id))
    assert left.count(b"\x02") == 16_000
    assert left.count(b"\x03") == 400
    assert left.startswith(b"\x01" * 8000)


@pytest.fixture
async def dying(served, tmp_path):
    """A gateway that dies while its first segment is being kept, which is done once `written` is set."""
    conversation = await served.begun()
    arrived, written = asyncio.Event(), asyncio.Event()
    files = NewFiles(tmp_path)

    async def at_last(path, content):
        arrived.set()
        await written.wait()
        return await files.create(path, content)

    recordings = Recordings(served.database, served.keyring, Objects(LocalStore(tmp_path), at_last))
    running = await recordings.of_running(UUID(conversation.session_id))
    sending = asyncio.create_task(running.keep(Segment(Speaker.PERSON, 0, 0, b"\x01" * 6400)))
    await arrived.wait()
    sending.cancel()  # as its connection breaks
    await asyncio.wait([sending])
    return recordings, running.recording_id, written


async def test_what_a_gateway_that_died_was_sending_is_found_by_the_next_one(dying):
    recordings, recording_id, written = dying
    finding = asyncio.create_task(recordings.kept(recording_id))
    await asyncio.sleep(0)
    written.set()
    assert await finding == [KeptSegment(Speaker.PERSON, 0, 0, 6400)]


async def test_nothing_of_a_gateway_that_died_comes_after_the_end_of_its_recording(dying):
    recordings, recording_id, written = dying
    deleting = asyncio.create_task(recordings.delete(recording_id))
    await asyncio.sleep(0)
    assert not deleting.done()
    written.set()
    await deleting
    assert await recordings.kept(recording_id) == []


async def test_a_segment_whose_answer_was_lost_is_sent_again_by_another_stream(served):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    first, second = served.stub.AppendAudio(), served.stub.AppendAudio()
    for stream in (first, second):  # both know of nothing yet
        await stream.write(conversation.segment(0, b"\x01" * 8000))
        assert (await stream.read()).position.next_sequence == 1
    await first.done_writing()
    await second.done_writing()
    assert len(served.objects()) == 1


async def test_a_gap_is_refused_with_what_is_expected(served, refused):
    conversation = await served.begun()
    with refused(CONFLICT, "The segment of the track person 1 came where 0 is expected"):
        await conversation.record(conversation.segment(1))


@pytest.mark.parametrize("size", [0, 8001])
async def test_a_segment_of_a_wrong_size_is_refused(served, refused, size):
    conversation = await served.begun()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, f"audio: has {size} bytes; a segment has 1 to 8000"):
        await conversation.record(conversation.segment(0, bytes(size)))


async def test_nothing_is_added_after_the_end_and_no_object_stays(served, refused):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    open_stream = served.stub.AppendAudio()
    await open_stream.write(conversation.segment(0))
    await open_stream.read()
    await conversation.finish()
    with refused(CONFLICT, "has ended"):
        await open_stream.write(conversation.segment(1))
        await open_stream.read()
        await open_stream.read()
    with refused(CONFLICT, "has ended"):
        await conversation.record(conversation.segment(1))
    assert [path.name for path in served.objects()] == ["00000000-00000000"]


async def test_a_segment_that_comes_while_its_person_is_deleted_leaves_no_object(served, refused):
    conversation = await served.begun()
    open_stream = served.stub.AppendAudio()
    await open_stream.write(conversation.segment(0))
    await open_stream.read()
    await served.stub.DeletePerson(pb.DeletePersonRequest(person_id=conversation.person_id))
    with refused(CONFLICT, "has ended"):
        await open_stream.write(conversation.segment(1))
        await open_stream.read()
        await open_stream.read()
    assert served.objects() == []


async def test_a_stream_carries_one_session(served, refused):
    conversation, other = await served.begun(), await served.begun()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "session_id: must be the same in a whole stream"):
        await conversation.record(conversation.segment(0), other.segment(0))


async def test_a_changed_bit_is_told_and_harms_that_recording_alone(served, refused):
    damaged, damaged_entry = await served.spoken("It was a long day.")
    [damaged_object] = served.objects()
    sound, sound_entry = await served.spoken("It was a short day.")
    content = bytearray(damaged_object.read_bytes())
    content[100] ^= 1
    damaged_object.write_bytes(content)
    with refused(DATA_LOSS, "its bytes were changed, or it belongs elsewhere. Restore it from a backup"):
        await damaged.hear(damaged_entry.entry_id)
    assert [turn.text for turn in (await damaged.read(damaged_entry.entry_id)).turns] == ["It was a long day."]
    assert len(await sound.hear(sound_entry.entry_id)) == WAV_HEADER_BYTES + 16_000


async def test_segments_that_changed_places_are_told(served, refused):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(conversation.segment(0), conversation.segment(1))
    entry = (await conversation.finish()).entry
    first, second = served.objects()
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    with refused(DATA_LOSS, "The audio.person"):
        await conversation.hear(entry.entry_id)


async def test_a_lost_object_is_told(served, refused):
    conversation, entry = await served.spoken()
    served.objects()[0].unlink()
    with refused(DATA_LOSS, "its object is gone"):
        await conversation.hear(entry.entry_id)


async def test_the_last_object_is_missed_too(served, refused):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(conversation.segment(0), conversation.segment(1))
    entry = (await conversation.finish()).entry
    served.objects()[-1].unlink()
    with refused(DATA_LOSS, "The audio.person 1"):
        await conversation.hear(entry.entry_id)


async def test_an_object_that_was_put_there_is_no_part_of_anything(served):
    conversation, entry = await served.spoken()
    [kept] = served.objects()
    (kept.parent / "00000001-00001000").write_bytes(kept.read_bytes())
    (kept.parent / "notes.txt").write_bytes(b"none of ours")
    assert len(await conversation.hear(entry.entry_id)) == WAV_HEADER_BYTES + 16_000


async def test_a_recording_that_no_gateway_came_back_to_end_is_kept_up_to_its_last_segment_and_says_so(served, clock):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    await conversation.record(conversation.segment(0), conversation.segment(1))
    clock.advance(timedelta(minutes=1))
    await served.hear_that_the_call_finished(conversation.call_id)
    entry = (await conversation.finish()).entry
    assert (entry.cut_off, entry.recording_ms) == (True, 2_000)
    assert len(await conversation.hear(entry.entry_id)) == WAV_HEADER_BYTES + 32_000
    _, other = await served.spoken()
    assert not other.cut_off


async def test_a_changed_turn_is_told_and_harms_that_entry_alone(served, refused):
    damaged, damaged_entry = await served.spoken("It was a long day.")
    sound, sound_entry = await served.spoken("It was a short day.")
    async with served.database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE turns SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE session_id = :session_id"
            ),
            {"session_id": damaged.session_id},
        )
    with refused(DATA_LOSS, f"The turn 0 of the record {damaged.session_id} cannot be opened"):
        await damaged.read(damaged_entry.entry_id)
    assert len((await sound.read(sound_entry.entry_id)).turns) == 1


async def test_an_unreachable_object_store_is_told_and_nothing_is_remembered(serving, refused, tmp_path):
    async with serving() as served:
        conversation = await served.begun()
        folder = tmp_path / "objects"
        folder.rename(tmp_path / "away")
        folder.write_bytes(b"")  # a file where the folder was: nothing can be written under it
        with refused(grpc.StatusCode.UNAVAILABLE, "The object store does not answer"):
            await conversation.record(conversation.segment(0))
        folder.unlink()
        (tmp_path / "away").rename(folder)
        [position] = await conversation.record(conversation.segment(0))
        assert position.next_sequence == 1


async def test_memory_can_stand_for_the_object_store(serving):
    async with serving("memory:///") as served:
        conversation, entry = await served.spoken()
        assert len(await conversation.hear(entry.entry_id)) == WAV_HEADER_BYTES + 16_000


async def test_a_recording_of_nobody_is_unknown(served, refused):
    _, entry = await served.spoken()
    with refused(grpc.StatusCode.NOT_FOUND, "The person has no entry"):
        await served.conversation(str(uuid4())).hear(entry.entry_id)


async def test_what_is_kept_of_a_running_session_is_heard_from_and_to_any_moment(served):
    conversation = await served.begun()
    await conversation.record(
        conversation.segment(0, b"\x01" * 8000),
        conversation.segment(0, b"\x02" * 8000, track=pb.SPEAKER_DAYBOOK),
        conversation.segment(1, b"\x03" * 4000, starts_at_ms=12_000),
    )
    asked = pb.ReadTrackRequest(session_id=conversation.session_id, track=pb.SPEAKER_PERSON, from_ms=500, to_ms=13_000)
    heard = b"".join([piece.audio async for piece in served.stub.ReadTrack(asked)])
    assert heard == b"\x01" * 4000 + b"\xff" * 88_000 + b"\x03" * 4000 + b"\xff" * 4000


async def test_a_session_that_has_ended_is_read_as_its_entry_alone(served, refused):
    conversation, _ = await served.spoken()
    asked = pb.ReadTrackRequest(session_id=conversation.session_id, track=pb.SPEAKER_PERSON, from_ms=0, to_ms=1000)
    with refused(CONFLICT, "has ended"):
        await served.stub.ReadTrack(asked).read()


async def test_no_more_than_ten_minutes_of_a_track_are_read_at_once(served, refused):
    conversation = await served.begun()
    for wrong in [{"to_ms": 600_001}, {"from_ms": 2, "to_ms": 1}, {"track": pb.SPEAKER_UNSPECIFIED}]:
        asked = {"session_id": conversation.session_id, "track": pb.SPEAKER_PERSON, "from_ms": 0, "to_ms": 1000} | wrong
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "must be"):
            await served.stub.ReadTrack(pb.ReadTrackRequest(**asked)).read()
