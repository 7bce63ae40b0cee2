"""What cannot be right is refused by the name of its field, and the journal goes on serving."""

from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from daybook.journal.v1 import journal_pb2 as pb

ID = str(uuid4())
NO_ID = "must be a UUID, as 8-4-4-4-12 hexadecimal digits."
TURN = {"sequence": 0, "speaker": pb.SPEAKER_PERSON, "text": "It was a long day."}
SEGMENT = {"session_id": ID, "track": pb.SPEAKER_PERSON, "audio": b"\xff"}


def append_turn(**changed):
    return pb.AppendTurnRequest(session_id=ID, turn=pb.Turn(**{**TURN, **changed}))


BAD_REQUESTS = [
    ("StartSession", pb.StartSessionRequest(), f"call_id: {NO_ID}"),
    ("StartSession", pb.StartSessionRequest(call_id=ID, person_id="Quentin"), f"person_id: {NO_ID}"),
    ("StartSession", pb.StartSessionRequest(call_id=ID, person_id=ID), "started_at: must be set to the instant"),
    (
        "StartSession",
        pb.StartSessionRequest(call_id=ID, person_id=ID, started_at=Timestamp(seconds=10**12)),
        "started_at: must be an instant between the years 1 and 9999.",
    ),
    (
        "StartSession",
        pb.StartSessionRequest(call_id=ID, person_id=ID, started_at=Timestamp(seconds=10**9)),
        "attempt_number: must be the number of the answered attempt, 1 to 1000.",
    ),
    ("AppendTurn", pb.AppendTurnRequest(), f"session_id: {NO_ID}"),
    ("AppendTurn", append_turn(speaker=pb.SPEAKER_UNSPECIFIED), "turn.speaker: must be PERSON or DAYBOOK."),
    ("AppendTurn", append_turn(speaker=7), "turn.speaker: must be PERSON or DAYBOOK."),
    ("AppendTurn", append_turn(text=" \n"), "turn.text: must hold what was said"),
    ("AppendTurn", append_turn(text="a" * 20_001), "turn.text: must have at most 20000 characters"),
    ("AppendTurn", append_turn(purpose="p" * 65), "turn.purpose: must be a term of at most 64 characters."),
    ("AppendTurn", append_turn(starts_at_ms=2, ends_at_ms=1), "turn.ends_at_ms: must not be before turn.starts_at_ms."),
    ("BeginClosing", pb.BeginClosingRequest(), f"session_id: {NO_ID}"),
    ("BeginClosing", pb.BeginClosingRequest(session_id=ID), "outcome: must say how the session ends"),
    ("FinishSession", pb.FinishSessionRequest(session_id=ID), "outcome: must say how the session ends"),
    (
        "FinishSession",
        pb.FinishSessionRequest(session_id=ID, outcome=pb.SESSION_OUTCOME_SILENT),
        "ended_at: must be set to the instant",
    ),
    ("ReadSession", pb.ReadSessionRequest(person_id=ID, call_id="x"), f"call_id: {NO_ID}"),
    ("ListEntries", pb.ListEntriesRequest(), f"person_id: {NO_ID}"),
    ("ListEntries", pb.ListEntriesRequest(person_id=ID, page_size=1001), "page_size: must be 1 to 1000, or 0 for 100."),
    ("ListEntries", pb.ListEntriesRequest(person_id=ID, page_token="x"), "page_token: must be a next_page_token"),
    ("ReadEntry", pb.ReadEntryRequest(person_id=ID), f"entry_id: {NO_ID}"),
    ("DeleteEntry", pb.DeleteEntryRequest(entry_id=ID), f"person_id: {NO_ID}"),
    ("DeletePerson", pb.DeletePersonRequest(person_id="-"), f"person_id: {NO_ID}"),
]
BAD_SEGMENTS = [
    ({"session_id": "x"}, f"session_id: {NO_ID}"),
    ({"track": pb.SPEAKER_UNSPECIFIED}, "track: must be PERSON or DAYBOOK."),
    ({"audio": b""}, "audio: has 0 bytes"),
    ({"starts_at_ms": 86_400_001}, "starts_at_ms: must be at most 86400000, one day: no call lasts longer."),
]


async def test_each_kind_of_request_that_cannot_be_right_is_refused_with_its_sentence(served, refused):
    for method, request, sentence in BAD_REQUESTS:
        with refused(grpc.StatusCode.INVALID_ARGUMENT, sentence):
            await getattr(served.stub, method)(request)
    for changed, sentence in BAD_SEGMENTS:
        with refused(grpc.StatusCode.INVALID_ARGUMENT, sentence):
            async for _ in served.stub.AppendAudio([pb.AppendAudioRequest(**{**SEGMENT, **changed})]):
                pytest.fail("it was kept")
    await served.spoken()


async def test_a_refused_segment_does_not_undo_those_before_it(served, refused):
    conversation = await served.begun()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "audio: has 0 bytes"):
        await conversation.record(conversation.segment(0), conversation.segment(1, b""))
    assert (await conversation.start()).tracks[0].next_sequence == 1
