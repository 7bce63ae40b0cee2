"""The journal over gRPC: what daybook.journal.v1.JournalService promises, each method a check, a call, an answer."""
# ruff: noqa: ARG002, N802 - gRPC names the methods and what they are given

from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from uuid import UUID

import grpc

from chassis.errors import InvalidInput, NotFound
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import JournalServiceServicer, add_JournalServiceServicer_to_server
from journal import contract
from journal.contract import id_of
from journal.damage import counting_damage
from journal.entries import Entries
from journal.gate import asks_as, noted_at
from journal.recordings import Recordings, RunningRecording
from journal.rights import Party
from journal.sessions import Sessions

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # generic for the type checker alone


class JournalService(JournalServiceServicer):
    FULL_NAME = pb.DESCRIPTOR.services_by_name["JournalService"].full_name

    def __init__(self, sessions: Sessions, recordings: Recordings, entries: Entries) -> None:
        self._sessions = sessions
        self._recordings = recordings
        self._entries = entries

    def add_to(self, server: "grpc.aio.Server") -> None:
        add_JournalServiceServicer_to_server(self, server)

    async def StartSession(self, request: pb.StartSessionRequest, context: Context) -> pb.StartSessionResponse:
        call_id = id_of("call_id", request.call_id)
        person_id = id_of("person_id", request.person_id)
        started_at = contract.instant_of("started_at", request.started_at)
        attempt_number = contract.attempt_number_of(request.attempt_number)
        with counting_damage():
            kept, tracks = await self._sessions.start(call_id, person_id, attempt_number, started_at)
        finished = kept.session.ended_at is not None
        return pb.StartSessionResponse(
            session_id=str(kept.session.session_id),
            turns=[] if finished else kept.turns,
            tracks=contract.positions_of(tracks),
            finished=finished,
            closing=contract.outcome_value(kept.session.closing),
        )

    async def AppendTurn(self, request: pb.AppendTurnRequest, context: Context) -> pb.AppendTurnResponse:
        session_id = id_of("session_id", request.session_id)
        turn = contract.checked_turn(request.turn)
        with counting_damage():
            await self._sessions.keep_turn(session_id, turn)
        return pb.AppendTurnResponse()

    async def AppendAudio(
        self, request_iterator: AsyncIterator[pb.AppendAudioRequest], context: Context
    ) -> AsyncIterator[pb.AppendAudioResponse]:
        running: RunningRecording | None = None
        session_id: UUID | None = None
        with counting_damage():
            async for request in request_iterator:
                asked_for = id_of("session_id", request.session_id)
                segment = contract.segment_of(request)
                if running is None:
                    session_id, running = asked_for, await self._recordings.of_running(asked_for)
                if asked_for != session_id:
                    raise InvalidInput(
                        "session_id", "must be the same in a whole stream; open a stream for each session."
                    )
                [position] = contract.positions_of([await running.keep(segment)])
                yield pb.AppendAudioResponse(position=position)

    async def ReadTrack(self, request: pb.ReadTrackRequest, context: Context) -> AsyncIterator[pb.ReadTrackResponse]:
        session_id = id_of("session_id", request.session_id)
        stretch = contract.stretch_of(request)
        with counting_damage():
            async for piece in self._recordings.running_track(session_id, stretch):
                yield pb.ReadTrackResponse(audio=piece)

    async def BeginClosing(self, request: pb.BeginClosingRequest, context: Context) -> pb.BeginClosingResponse:
        session_id = id_of("session_id", request.session_id)
        await self._sessions.begin_closing(session_id, contract.outcome_of(request.outcome))
        return pb.BeginClosingResponse()

    async def FinishSession(self, request: pb.FinishSessionRequest, context: Context) -> pb.FinishSessionResponse:
        session_id = id_of("session_id", request.session_id)
        outcome = contract.outcome_of(request.outcome)
        ended_at = contract.instant_of("ended_at", request.ended_at)
        entry = await self._sessions.finish(session_id, outcome, ended_at)
        return pb.FinishSessionResponse(entry=contract.summary_of(entry) if entry else None)

    async def ReadSession(self, request: pb.ReadSessionRequest, context: Context) -> pb.ReadSessionResponse:
        person_id = id_of("person_id", request.person_id)
        call_id = id_of("call_id", request.call_id)
        with counting_damage():
            kept = await self._sessions.of_call(person_id, call_id)
        if kept is None:
            raise NotFound(f"The person's call {call_id} has no session. It has one once it was answered.")
        finished = kept.session.ended_at is not None
        return pb.ReadSessionResponse(
            session_id=str(kept.session.session_id),
            turns=[] if finished and asks_as(Party.GATEWAY) else kept.turns,
            finished=finished,
            entry_id=str(kept.entry.entry_id) if kept.entry else "",
        )

    async def ListEntries(self, request: pb.ListEntriesRequest, context: Context) -> pb.ListEntriesResponse:
        person_id = id_of("person_id", request.person_id)
        entries, last = await self._entries.page(person_id, contract.page_of(request))
        return pb.ListEntriesResponse(
            entries=[contract.summary_of(entry) for entry in entries],
            next_page_token=contract.page_token(last) if last else "",
        )

    async def ReadEntry(self, request: pb.ReadEntryRequest, context: Context) -> pb.ReadEntryResponse:
        person_id, entry_id = id_of("person_id", request.person_id), id_of("entry_id", request.entry_id)
        with counting_damage():
            opened = await self._entries.read(person_id, entry_id)
        return pb.ReadEntryResponse(
            summary=contract.summary_of(opened.entry), turns=opened.turns, revision=opened.revision
        )

    async def ReadAudio(self, request: pb.ReadAudioRequest, context: Context) -> AsyncIterator[pb.ReadAudioResponse]:
        person_id, entry_id = id_of("person_id", request.person_id), id_of("entry_id", request.entry_id)
        with counting_damage():
            total_bytes, pieces = await self._entries.audio(person_id, entry_id, contract.range_of(request))
            yield pb.ReadAudioResponse(total_bytes=total_bytes)
            async for piece in pieces:
                yield pb.ReadAudioResponse(chunk=piece)

    async def DeleteEntry(self, request: pb.DeleteEntryRequest, context: Context) -> pb.DeleteEntryResponse:
        person_id, entry_id = id_of("person_id", request.person_id), id_of("entry_id", request.entry_id)
        await self._entries.delete(person_id, entry_id)
        return pb.DeleteEntryResponse()

    async def DeletePerson(self, request: pb.DeletePersonRequest, context: Context) -> pb.DeletePersonResponse:
        erased = await self._entries.erase_person(id_of("person_id", request.person_id), noted_at())
        return pb.DeletePersonResponse(
            entries=erased.entries, recordings=erased.recordings, receipt=contract.receipt_of(erased.deletion)
        )
