"""A person's days, for their programs: what is to come, why a day has a call or has none, the calls themselves, and one now."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from chassis.errors import InvalidInput
from daybook.scheduler.v1 import scheduler_pb2 as pb
from portal.api_door import ApiDoor, IdempotencyKey, Once
from portal.api_problems import problems
from portal.api_sent import Day, Sent, moment_in, term
from portal.api_tokens import ApiToken
from portal.api_windows import WindowTold, window_told
from portal.call_windows import CallWindows
from portal.months import written_day
from portal.scheduler import Scheduler

LONGEST_AGENDA_DAYS = 366


class SpanTold(BaseModel):
    opens_at: datetime
    closes_at: datetime
    opens_local: str = Field(description="As the person's clock says it, with the offset")
    closes_local: str


class OpeningTold(BaseModel):
    window_id: str
    span: SpanTold
    notes: list[str] = Field(description="What a clock change does to it")
    longer_by_s: int


class ChanceTold(BaseModel):
    """A stretch of time in which the person may get the day's call."""

    span: SpanTold
    role: str = Field(description="What it is to the call of its day, e.g. call, scheduled, reserve, over")
    quiet: bool = Field(description="Some of it lies in the person's quiet hours")
    openings: list[OpeningTold]


class AbsenceTold(BaseModel):
    """A window that one may have expected."""

    window_id: str
    standing: str = Field(description="Why it does not open")


class CallTold(BaseModel):
    call_id: str
    window_id: str | None = Field(description="null: it was asked for")
    day: str
    not_before: datetime
    not_after: datetime
    scheduled_at: datetime
    finished_at: datetime | None = Field(description="null: it is still to end")
    outcome: str | None
    reason: str | None


class ClockChangeTold(BaseModel):
    at: datetime
    before_s: int = Field(description="Seconds from UTC, positive to the east")
    after_s: int


class AgendaDayTold(BaseModel):
    day: str
    left_out: bool = Field(description="The zone's calendar does not have this day")
    clock_change: ClockChangeTold | None
    chances: list[ChanceTold]
    absences: list[AbsenceTold]
    call: CallTold | None


class AgendaTold(BaseModel):
    time_zone: str
    local_time: str = Field(description="Where the person is, with the offset; empty where their zone is not known")
    forbidden_by: str | None = Field(description="Why they are not called at all; null: they may be")
    next_call: ChanceTold | None
    days: list[AgendaDayTold]
    windows: list[WindowTold]


class WindowOnDayTold(BaseModel):
    window: WindowTold
    standing: str = Field(description="How it stands on that day, and why, e.g. called, other_day, missed")
    opens_at: datetime | None
    closes_at: datetime | None


class DecisionTold(BaseModel):
    """What was decided about one opening of a window."""

    window_id: str
    decided_at: datetime
    decision: str
    opens_at: datetime
    closes_at: datetime


class DayTold(BaseModel):
    day: str
    time_zone: str
    consented_at: datetime | None
    opted_out_at: datetime | None
    windows: list[WindowOnDayTold]
    call: CallTold | None
    asked_for: list[CallTold] = Field(description="Calls beside the day's one")
    decisions: list[DecisionTold]


class CallAskedFor(Sent):
    in_quiet_hours: StrictBool = Field(default=False, description="Also if it is the person's quiet hours")


class DaysApi:
    def __init__(self, door: ApiDoor, scheduler: Scheduler, windows: CallWindows, once: Once) -> None:
        self._door = door
        self._scheduler = scheduler
        self._windows = windows
        self._once = once

    def router(self) -> APIRouter:
        router = APIRouter(tags=["days"])
        Reader = Annotated[ApiToken, Depends(self._door.reader)]  # noqa: N806 - a type
        Writer = Annotated[ApiToken, Depends(self._door.writer)]  # noqa: N806 - a type

        @router.get("/agenda", responses=problems(404, 422))
        async def read_agenda(
            token: Reader, days: Annotated[int, Query(ge=1, le=LONGEST_AGENDA_DAYS)] = 14
        ) -> AgendaTold:
            """When they will be called from today on, and why then."""
            return _agenda_told(await self._windows.agenda(token.person_id, days=days))

        @router.get("/days/{day}", responses=problems(404, 422))
        async def explain_day(token: Reader, day: Annotated[Day, Path()]) -> DayTold:
            """Why they were called on a day, or not, window by window."""
            return _day_told(await self._scheduler.explain(token.person_id, _day(day)))

        @router.post(
            "/calls", status_code=HTTPStatus.CREATED, response_model=CallTold, responses=problems(403, 404, 409, 422)
        )
        async def call_now(
            request: Request, token: Writer, asked: CallAskedFor, idempotency_key: IdempotencyKey = None
        ) -> Response:
            """Has the person called now, beside the day's call, within ten minutes."""

            async def call() -> tuple[CallTold, str]:
                made = await self._scheduler.call_now(token.person_id, in_quiet_hours=asked.in_quiet_hours)
                return _call_told(made), f"{request.url.path.removesuffix('/calls')}/days/{made.local_day}"

            return await self._once.answer(request, token, idempotency_key, call)

        return router


def _day(told: str) -> date:
    """
    Raises:
        InvalidInput: no calendar has it.
    """
    if (day := written_day(told)) is None:
        raise InvalidInput("day", "is to be a day of the calendar, e.g. 2026-11-24.")
    return day


def _agenda_told(agenda: pb.GetAgendaResponse) -> AgendaTold:
    return AgendaTold(
        time_zone=agenda.time_zone,
        local_time=agenda.local_time,
        forbidden_by=_standing(agenda.forbidden_by) if agenda.forbidden_by else None,
        next_call=_chance_told(agenda.next_call) if agenda.HasField("next_call") else None,
        days=[
            AgendaDayTold(
                day=day.local_day,
                left_out=day.left_out,
                clock_change=_change_told(day.clock_change) if day.HasField("clock_change") else None,
                chances=[_chance_told(each) for each in day.chances],
                absences=[
                    AbsenceTold(window_id=each.window_id, standing=_standing(each.standing)) for each in day.absences
                ],
                call=_call_told(day.call) if day.HasField("call") else None,
            )
            for day in agenda.days
        ],
        windows=[window_told(each) for each in agenda.windows],
    )


def _day_told(day: pb.ExplainDayResponse) -> DayTold:
    return DayTold(
        day=day.local_day,
        time_zone=day.time_zone,
        consented_at=moment_in(day, "consent_given_at"),
        opted_out_at=moment_in(day, "opted_out_at"),
        windows=[
            WindowOnDayTold(
                window=window_told(each.window),
                standing=_standing(each.standing),
                opens_at=moment_in(each, "opens_at"),
                closes_at=moment_in(each, "closes_at"),
            )
            for each in day.windows
        ],
        call=_call_told(day.call) if day.HasField("call") else None,
        asked_for=[_call_told(each.call) for each in day.test_calls],
        decisions=[
            DecisionTold(
                window_id=each.window_id,
                decided_at=each.decided_at.ToDatetime(tzinfo=UTC),
                decision=term(pb.WindowDecisionKind.Name(each.decision), "WINDOW_DECISION_KIND"),
                opens_at=each.opens_at.ToDatetime(tzinfo=UTC),
                closes_at=each.closes_at.ToDatetime(tzinfo=UTC),
            )
            for each in day.decisions
        ],
    )


def _chance_told(chance: pb.AgendaChance) -> ChanceTold:
    return ChanceTold(
        span=_span_told(chance.span),
        role=term(pb.ChanceRole.Name(chance.role), "CHANCE_ROLE"),
        quiet=chance.quiet,
        openings=[
            OpeningTold(
                window_id=each.window_id,
                span=_span_told(each.span),
                notes=[term(pb.ClockNote.Name(note), "CLOCK_NOTE") for note in each.notes],
                longer_by_s=each.longer_by_s,
            )
            for each in chance.openings
        ],
    )


def _span_told(span: pb.AgendaSpan) -> SpanTold:
    return SpanTold(
        opens_at=span.opens_at.ToDatetime(tzinfo=UTC),
        closes_at=span.closes_at.ToDatetime(tzinfo=UTC),
        opens_local=span.opens_local,
        closes_local=span.closes_local,
    )


def _change_told(change: pb.ClockChange) -> ClockChangeTold:
    return ClockChangeTold(at=change.at.ToDatetime(tzinfo=UTC), before_s=change.before_s, after_s=change.after_s)


def _call_told(call: pb.ScheduledCall) -> CallTold:
    return CallTold(
        call_id=call.call_id,
        window_id=call.window_id or None,
        day=call.local_day,
        not_before=call.not_before.ToDatetime(tzinfo=UTC),
        not_after=call.not_after.ToDatetime(tzinfo=UTC),
        scheduled_at=call.scheduled_at.ToDatetime(tzinfo=UTC),
        finished_at=moment_in(call, "finished_at"),
        outcome=term(call.outcome, "CALL_OUTCOME") or None,
        reason=call.reason or None,
    )


def _standing(standing: pb.WindowStanding.ValueType) -> str:
    return term(pb.WindowStanding.Name(standing), "WINDOW_STANDING")
