"""A carrier that answers a POST in every way there is, and calls back in every order; and what must be so whatever it does.

It stands behind the scripted site of tests/integration/call_dispatcher, and keeps its own count of whom it rang.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import asyncpg
from interleaving import kill_after
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from call_dispatcher.store import SCHEMA
from chassis.consumer import Received
from chassis.database import Database
from daybook.events.v1 import events_pb2 as pb

BROKEN, UNANSWERED = 0, -1
SHORT_TIMEOUT_S = 0.6
"""Of who asks a carrier that may not answer. It must not be over before the carrier has as much as heard the question."""

ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})


class Cut(Response):
    """An answer that breaks off in its middle."""

    async def __call__(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b'{"sid": "', "more_body": True})


@dataclass(frozen=True)
class Answer:
    """How a POST is answered.

    Attributes:
        status: of HTTP, or BROKEN: the answer breaks off, or UNANSWERED: none comes for as long as anybody waits.
        code: Twilio's error code, where it is an error.
        takes: whether a call is made of it,
        late: and that only once nobody waits for the answer any more.
        lasting: every POST for the call is answered so, not the first alone.
    """

    status: int
    code: int = 0
    takes: bool = False
    late: bool = False
    lasting: bool = False


TAKEN = Answer(201, takes=True)
ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        "201": TAKEN,
        "accepted, then dropped": Answer(BROKEN, takes=True),
        "500, and accepted": Answer(500, 20500, takes=True),
        "hang": Answer(UNANSWERED, takes=True),
        "hang, then accepted": Answer(UNANSWERED, takes=True, late=True),
        "dropped": Answer(BROKEN),
        "500": Answer(500, 20500),
        "408": Answer(408),
        "429": Answer(429, 20429),
        "400, the person's": Answer(400, 21211, lasting=True),
        "400, one more try": Answer(400, 21214),
        "400, the operator's": Answer(400, 21215),
        "401": Answer(401, 20003),
        "400, not known": Answer(400, 99999),
        "403 without a code": Answer(403),
    }
)

Told = Mapping[str, Any]
"""What voice-gateway tells of a callback, or of the conversation: the fields of a CallProgressed."""


def status(name: str, sequence: int) -> Told:
    value = pb.CarrierCallStatus.Value(f"CARRIER_CALL_STATUS_{name}")
    return {"carrier_status": pb.CarrierStatus(status=value, sequence_number=sequence)}


def party(name: str) -> Told:
    return {"answered_by": pb.AnsweredBy(party=pb.AnsweringParty.Value(f"ANSWERING_PARTY_{name}"))}


def reflection(name: str) -> Told:
    return {"reflection": pb.ReflectionChanged(state=pb.ReflectionState.Value(f"REFLECTION_STATE_{name}"))}


STORY: Sequence[Told] = (
    status("INITIATED", 0),
    status("RINGING", 1),
    status("IN_PROGRESS", 2),
    reflection("COMPLETED"),
    status("COMPLETED", 3),
)

ORDERS: Mapping[str, tuple[Sequence[Told], Sequence[Told]]] = MappingProxyType(
    {
        "before the answer": (STORY, ()),
        "around the answer": (STORY[:2], STORY[2:]),
        "after the answer": ((), STORY),
        "twice": (STORY, STORY),
        "reversed": ((), STORY[::-1]),
        "never": ((), ()),
    }
)
"""What is told before a POST is answered, and what after that, or after whoever asked is dead."""


@dataclass(frozen=True)
class Plan:
    """How the first POST for a call is answered, all others being taken, and what is told of its calls and when.

    Attributes:
        story: what happens to a call that is taken.
        before, after: what is told by itself, before a POST is answered and at the call's end.
    """

    answer: Answer
    story: Sequence[Told] = STORY
    before: Sequence[Told] = ()
    after: Sequence[Told] = ()

    @classmethod
    def in_order(cls, answer: Answer, order: str) -> "Plan":
        before, after = ORDERS[order]
        return cls(answer, before=before, after=after)


@dataclass
class Placed:
    """A call that the carrier took.

    Attributes:
        passed: so much of the plan's story has come to pass.
        told_after: whether what is told at its end was.
    """

    attempt_id: str
    sid: str
    plan: Plan
    passed: int = 0
    told_after: bool = False

    @property
    def call_id(self) -> str:
        return self.attempt_id.rpartition(".")[0]


class CarrierInDoubt:
    """
    Args:
        site: the carrier's REST API.
        tell: hands over what voice-gateway would, to a dispatcher that lives.

    Attributes:
        placed: the calls that it took, in order.
        rung_while_ringing: attempts that it took while another call to the same number was under way.
        nobody_waits: set where whoever asks is dead, and an answer that does not come need not be waited for.
    """

    def __init__(self, site: Any, tell: Callable[[pb.CallProgressed], Awaitable[None]]) -> None:
        self._site = site
        self._tell = tell
        self._plans: dict[str, Plan] = {}
        self._answered: set[str] = set()
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.placed: list[Placed] = []
        self.rung_while_ringing: list[str] = []
        self.nobody_waits = asyncio.Event()
        site.script = self._post

    def plan(self, call_id: str, plan: Plan) -> None:
        self._plans[call_id] = plan

    async def until_idle(self) -> None:
        """Returns once every POST that has come is dealt with."""
        await self._idle.wait()

    async def end_calls(self) -> None:
        """Every call that was taken comes to its end, and what is told of it then is."""
        for placed in self.placed:
            self.goes_on(placed, len(placed.plan.story))
            if not placed.told_after:
                placed.told_after = True
                await self._tell_all(placed, placed.plan.after)

    def goes_on(self, placed: Placed, to: int) -> None:
        """So much of a call's story comes to pass, where it has not yet, and the call was not ended otherwise."""
        if placed.passed < to and self.status(placed) not in ENDED:
            placed.passed = to
            self._site.call(placed.sid)["status"] = _status_after(placed.plan.story[:to])

    def status(self, placed: Placed) -> str:
        """Where a call stands, in the carrier's word."""
        return str(self._site.call(placed.sid)["status"])

    async def tell(self, placed: Placed, told: Told) -> None:
        await self._tell(event(placed, told))

    async def _tell_all(self, placed: Placed, story: Sequence[Told]) -> None:
        for told in story:
            await self.tell(placed, told)

    async def _post(self, request: Request, form: dict[str, Any]) -> Response:
        self._in_hand += 1
        self._idle.clear()
        try:
            return await self._answer(request, form)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    async def _answer(self, request: Request, form: dict[str, Any]) -> Response:
        attempt_id = form["StatusCallback"].rpartition("/")[2].partition("#")[0]
        call_id = attempt_id.rpartition(".")[0]
        plan = self._plans[call_id]
        answer = TAKEN if call_id in self._answered and not plan.answer.lasting else plan.answer
        self._answered.add(call_id)
        if answer.late:
            await self._left(request)
        call = await self._place(attempt_id, form) if answer.takes else None
        if answer.status == UNANSWERED and not answer.late:
            await self._left(request)
        if answer.status in {BROKEN, UNANSWERED}:
            return Cut()
        refusal = {"code": answer.code, "message": "no", "status": answer.status} if answer.code else {}
        return JSONResponse(call if answer.status == TAKEN.status else refusal, answer.status)

    async def _place(self, attempt_id: str, form: dict[str, Any]) -> dict[str, Any]:
        if any(call["to"] == form["To"] and call["status"] not in ENDED for call in self._site.calls):
            self.rung_while_ringing.append(attempt_id)
        call: dict[str, Any] = self._site.place(form)
        plan = self._plans[attempt_id.rpartition(".")[0]]
        placed = Placed(attempt_id, call["sid"], plan)
        self.placed.append(placed)
        self.goes_on(placed, len(plan.before))
        await self._tell_all(placed, plan.before)
        return call

    async def _left(self, request: Request) -> None:
        """Returns once nobody waits for the answer."""
        gone = asyncio.create_task(_disconnected(request))
        dead = asyncio.create_task(self.nobody_waits.wait())
        await asyncio.wait({gone, dead}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        dead.cancel()


def event(placed: Placed, told: Told) -> pb.CallProgressed:
    return pb.CallProgressed(call_id=placed.call_id, attempt_id=placed.attempt_id, carrier_call_id=placed.sid, **told)


def _status_after(story: Sequence[Told]) -> str:
    statuses = [told["carrier_status"].status for told in story if "carrier_status" in told]
    if not statuses or statuses[-1] == pb.CARRIER_CALL_STATUS_INITIATED:
        return "queued"
    name = pb.CarrierCallStatus.Name(statuses[-1])
    return name.removeprefix("CARRIER_CALL_STATUS_").lower().replace("_", "-")


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Processes:
    """Dispatchers on connections of their own, which are killed."""

    def __init__(self, house: Any, carrier: CarrierInDoubt, url: str, control: asyncpg.Connection) -> None:
        self._house = house
        self._carrier = carrier
        self._url = url
        self._control = control

    async def run(self, act: Callable[[Any], Awaitable[object]], *, steps: int) -> bool:
        """Lets one act, and kills it after so many steps; what it has asked the carrier for by then the carrier does.

        Returns:
            Whether it came to its end before.
        """
        await pause_is_over(self._house)
        self._carrier.nobody_waits.clear()
        started: list[Any] = []

        async def work(database: Database) -> None:
            started.append(self._house.replica(database, timeout_s=SHORT_TIMEOUT_S))
            await act(started[0])

        ended = await kill_after(steps, work, url=self._url, schema=SCHEMA, control=self._control)
        self._carrier.nobody_waits.set()
        for each in started:
            await asyncio.to_thread(each.carrier._threads.shutdown)
        await self._carrier.until_idle()
        return ended


async def pause_is_over(house: Any) -> None:
    """Where the carrier refused the account, it is tried again at once: that pause is of PostgreSQL's time, not of the test's."""
    await house.rows("UPDATE carrier_rate SET paused_until = clock_timestamp() RETURNING 1")


def telling(house) -> Callable[[pb.CallProgressed], Awaitable[None]]:
    """Hands events to a dispatcher, as the bus does."""

    async def tell(message: pb.CallProgressed) -> None:
        await house.intake.progressed(Received("event", house.clock.now(), message, 1))

    return tell


async def wrongs(house: Any, carrier: CarrierInDoubt, call_ids: Sequence[str]) -> list[str]:
    """What is wrong, now that all calls should have come to their ends: nothing, whatever has happened."""
    attempts = {row.attempt_id: row for row in await house.rows("SELECT * FROM attempts")}
    dialed = Counter(id_ for subject, id_ in await house.events() if subject == "call.dialed")
    finished = Counter(each.call_id for each in await house.finished())
    states = {row.call_id: row.state for row in await house.rows("SELECT call_id, state FROM calls")}
    return [
        *doubled(carrier),
        *_misrecorded(carrier, attempts, dialed),
        *_unfinished(call_ids, attempts, states, finished),
    ]


def doubled(carrier: CarrierInDoubt) -> Iterator[str]:
    """Whom the carrier rang once too often."""
    for attempt_id, count in Counter(placed.attempt_id for placed in carrier.placed).items():
        if count > 1:
            yield f"{attempt_id} was dialed {count} times"
    for attempt_id in carrier.rung_while_ringing:
        yield f"{attempt_id} was dialed while another call to the same person was under way"


def _misrecorded(carrier: CarrierInDoubt, attempts: Mapping[str, Any], dialed: Mapping[str, int]) -> Iterator[str]:
    for placed in carrier.placed:
        attempt, status_ = attempts[placed.attempt_id], carrier.status(placed).replace("-", "_")
        if (attempt.state, attempt.carrier_call_id) != (status_, placed.sid):
            yield f"{placed.attempt_id} was taken and ended as {status_}, and is recorded as {attempt.state}"
        if dialed[f"{placed.attempt_id}.dialed"] != 1:
            yield f"{placed.attempt_id} was told as dialed {dialed[f'{placed.attempt_id}.dialed']} times"


def _unfinished(
    call_ids: Sequence[str], attempts: Mapping[str, Any], states: Mapping[str, str], finished: Mapping[str, int]
) -> Iterator[str]:
    for attempt in attempts.values():
        if attempt.live:
            yield f"{attempt.attempt_id} is still {attempt.state}"
    for call_id in call_ids:
        if states.get(call_id) != "finished" or finished[call_id] != 1:
            yield f"{call_id} is {states.get(call_id)}, and its end was told {finished[call_id]} times"
