"""Who may read: every method with another person's ids, with tokens that are none, and what is told of it."""

from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID, uuid4

import grpc
import pytest
from journal_access import SECRETS, Tokens
from sqlalchemy import event, text

import daybook.journal.v1 as package
from chassis.clock import ManualClock
from chassis.rpc import call_metadata, open_channel
from chassis.tokens import TokenSigner
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.audit_pb2 import ListAccessesRequest
from daybook.journal.v1.audit_pb2_grpc import AuditServiceStub
from daybook.journal.v1.journal_pb2_grpc import JournalServiceStub
from journal.gate import NOT_THEIRS
from journal.rights import AUDIENCE, CALLERS, GATEWAY, PORTAL, RIGHTS, TOOLBOX, Party, right_to

REFUSED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


@pytest.fixture
def tokens(clock):
    return Tokens(clock=clock)


@pytest.fixture
async def calling(served):
    """Calls a method with a token."""

    async def call(name, token, **fields):
        service, _, method = name.partition("/")
        described = DESCRIBED[name]
        request = described.input_type._concrete_class()
        for field, value in fields.items():
            for named in (request, getattr(request, "header", request)):
                if field in named.DESCRIPTOR.fields_by_name:
                    setattr(named, field, value)
        async with open_channel(served.target, token=token) as channel:
            method = _method(channel, f"/daybook.journal.v1.{service}/{method}", described)
            sent = {"metadata": call_metadata(token)} if described.client_streaming else {}
            answer = method(iter([request]) if described.client_streaming else request, **sent)
            if described.server_streaming:
                return [each async for each in answer]
            return await answer

    return call


@pytest.fixture
async def asking(calling):
    """Calls a method with a token; returns the refusal, or None where it was let in."""

    async def ask(name, token, **fields):
        try:
            await calling(name, token, **fields)
        except grpc.aio.AioRpcError as error:
            return error if error.code() in REFUSED else None
        return None

    return ask


def _method(channel, path, described):
    kinds = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
        (True, False): channel.stream_unary,
    }
    return kinds[described.client_streaming, described.server_streaming](
        path,
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=described.output_type._concrete_class.FromString,
    )


def _described():
    """Every method of the journal's contract, by service and method."""
    for module in iter_modules(package.__path__):
        if module.name.endswith("_pb2"):
            for service in import_module(f"{package.__name__}.{module.name}").DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    yield f"{service.name}/{method.name}", method


DESCRIBED = dict(_described())
OF_ENTRIES = sorted(name for name in RIGHTS if "entry_id" in DESCRIBED[name].input_type.fields_by_name)
OF_PERSONS = sorted(name for name, right in RIGHTS.items() if Party.PERSON in right.parties)


async def accesses(served):
    async with served.database.transaction() as connection:
        rows = await connection.execute(text("SELECT * FROM audit_log ORDER BY sequence"))
        return [row._mapping for row in rows]


async def test_a_persons_token_with_anothers_ids_is_refused_and_audited_whether_the_record_exists_or_not(
    served, asking, tokens
):
    hers, entry = await served.spoken("It was a long day.")
    ids = {"person_id": hers.person_id, "entry_id": entry.entry_id, "call_id": hers.call_id}
    nobodys = {field: str(uuid4()) for field in ids}
    his = tokens.of_person(str(uuid4()))
    for name in OF_PERSONS:
        for asked_for in (ids, nobodys):
            refused = await asking(name, his, **asked_for)
            assert (refused.code(), refused.details()) == (grpc.StatusCode.PERMISSION_DENIED, NOT_THEIRS), name
            access = (await accesses(served))[-1]
            assert (str(access["person_id"]), access["refused_for"]) == (asked_for["person_id"], "another_person")
            assert access["method"] == name.partition("/")[2]


@pytest.mark.parametrize("name", OF_ENTRIES)
async def test_of_another_persons_entry_it_is_asked_as_little_as_of_one_that_is_not(served, calling, tokens, name):
    """What is asked of the database is what takes time: it is the same, and so is the answer."""
    _, entry = await served.spoken("It was a long day.")
    his, own = await served.spoken("So was mine.")
    asked: list[str] = []
    event.listen(served.database.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    told = []
    for entry_id in (entry.entry_id, str(uuid4())):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await calling(name, tokens.of_person(his.person_id), person_id=his.person_id, entry_id=entry_id)
        told.append((refused.value.code(), refused.value.details().replace(entry_id, "…"), tuple(asked)))
        asked.clear()
    assert told[0] == told[1]
    assert told[0][0] == grpc.StatusCode.NOT_FOUND
    assert (await his.read(own.entry_id)).turns


@pytest.mark.parametrize("shown", ["none", "forged", "expired", "for another service", "unsigned"])
async def test_without_a_token_that_holds_nobody_is_let_in(served, asking, clock, shown):
    person_id = str(uuid4())
    token = {
        "none": None,
        "forged": TokenSigner(PORTAL, SECRETS[TOOLBOX], clock, audience=AUDIENCE).for_person(UUID(person_id)),
        "expired": Tokens(clock=ManualClock(clock.now() - timedelta(hours=1))).of_person(person_id),
        "for another service": TokenSigner(GATEWAY, SECRETS[GATEWAY], clock, audience="scheduler").for_service,
        "unsigned": lambda: "eyJhbGciOiJub25lIiwia2lkIjoicG9ydGFsIn0.eyJpc3MiOiJwb3J0YWwifQ.",
    }[shown]
    for name in RIGHTS:
        refused = await asking(name, token, person_id=person_id)
        assert refused.code() == grpc.StatusCode.UNAUTHENTICATED, name
        assert "The call bears no token that is accepted here (token_" in refused.details()
    audited = await accesses(served)
    assert [access["method"] for access in audited] == [name.partition("/")[2] for name in RIGHTS]
    assert all(access["caller"] == "" and access["refused_for"].startswith("token_") for access in audited)


async def test_each_caller_gets_to_its_own_methods_alone(asking, tokens):
    person_id = str(uuid4())
    shown = {
        Party.PERSON: tokens.of_person(person_id),
        Party.GATEWAY: tokens.of_service(GATEWAY),
        Party.OPERATOR: tokens.of_service(TOOLBOX),
        Party.NOBODY: tokens.of_service(PORTAL),
    }
    for name in RIGHTS:
        let_in = {party for party, token in shown.items() if await asking(name, token, person_id=person_id) is None}
        assert let_in == right_to(name).parties, name


async def test_every_read_is_in_the_log_before_it_is_answered(served, tokens):
    conversation, entry = await served.spoken("It was a long day.")
    await conversation.read(entry.entry_id)
    await conversation.hear(entry.entry_id)
    audited = [
        (access["caller"], str(access["asked_for"]), access["method"], str(access["record_id"]))
        for access in (await accesses(served))[-2:]
    ]
    person_id = conversation.person_id
    assert audited == [
        (PORTAL, person_id, "ReadEntry", entry.entry_id),
        (PORTAL, person_id, "ReadAudio", entry.entry_id),
    ]
    listed = await AuditServiceStub(served.channel).ListAccesses(ListAccessesRequest(person_id=person_id))
    assert [access.method for access in listed.accesses][:2] == ["ListAccesses", "ReadAudio"]
    assert all(access.for_person for access in listed.accesses if access.caller == PORTAL)


async def test_what_cannot_be_logged_is_not_answered(served, refused):
    conversation, entry = await served.spoken("It was a long day.")
    async with served.database.transaction() as connection:
        await connection.execute(text("LOCK TABLE audit_log IN EXCLUSIVE MODE"))
        with refused(grpc.StatusCode.DEADLINE_EXCEEDED, ""):
            await conversation.stub.ReadEntry(
                pb.ReadEntryRequest(person_id=conversation.person_id, entry_id=entry.entry_id), timeout=0.5
            )
    assert (await conversation.read(entry.entry_id)).turns


async def test_the_gateway_reads_the_session_that_runs_and_nothing_of_one_that_has_ended(served, tokens):
    conversation = await served.begun()
    await conversation.say(0, "It was a long day.")
    async with open_channel(served.target, token=tokens.of_service(GATEWAY)) as channel:
        stub = JournalServiceStub(channel)
        request = pb.ReadSessionRequest(person_id=conversation.person_id, call_id=conversation.call_id)
        assert len((await stub.ReadSession(request)).turns) == 1
        await conversation.finish()
        session = await stub.ReadSession(request)
        assert (session.finished, list(session.turns)) == (True, [])
        started = await conversation.start()
        assert (started.finished, list(started.turns)) == (True, [])
    assert len((await conversation.stub.ReadSession(request)).turns) == 1


def test_every_caller_has_a_secret_of_its_own():
    assert len({SECRETS[caller].get_secret_value() for caller in CALLERS}) == len(CALLERS)
