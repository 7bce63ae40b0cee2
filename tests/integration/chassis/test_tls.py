"""Services show each other certificates of one authority, and a stranger gets no answer."""

from pathlib import Path

import grpc
import pytest
from certificates import Authority

from chassis.errors import SettingsError
from chassis.rpc import open_channel, serving_grpc
from chassis.settings import TlsSettings
from chassis.tls import expires
from daybook.journal.v1 import journal_pb2 as pb
from daybook.journal.v1.journal_pb2_grpc import (
    JournalServiceServicer,
    JournalServiceStub,
    add_JournalServiceServicer_to_server,
)


class Journal(JournalServiceServicer):
    async def ReadEntry(self, request, context):
        return pb.ReadEntryResponse(summary=pb.EntrySummary(entry_id=request.entry_id))


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
async def target(authority):
    services = {"daybook.journal.v1.JournalService": lambda to: add_JournalServiceServicer_to_server(Journal(), to)}
    async with serving_grpc(services, host="127.0.0.1", port=0, tls=authority.certify()) as port:
        yield f"127.0.0.1:{port}"


async def read(target, tls):
    async with open_channel(target, tls=tls) as channel:
        return (await JournalServiceStub(channel).ReadEntry(pb.ReadEntryRequest(entry_id="e"))).summary.entry_id


async def test_two_of_the_same_authority_understand_each_other(authority, target):
    assert await read(target, authority.certify()) == "e"


@pytest.mark.parametrize("stranger", [None, Authority().certify()], ids=["in clear", "of another authority"])
async def test_a_stranger_gets_no_answer(target, stranger):
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await read(target, stranger)
    assert refused.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


@pytest.fixture
def files(tmp_path: Path, authority):
    tls = authority.certify()
    for name, content in (("tls.crt", tls.certificate), ("tls.key", tls.key), ("ca.crt", tls.authority)):
        (tmp_path / name).write_bytes(content)
    return {
        "tls_cert_file": tmp_path / "tls.crt",
        "tls_key_file": tmp_path / "tls.key",
        "tls_ca_file": tmp_path / "ca.crt",
    }


async def test_the_files_are_read_and_their_end_is_told(target, authority, files):
    tls = TlsSettings(**files).tls()
    assert tls is not None
    assert tls.certificate == files["tls_cert_file"].read_bytes()
    assert expires.collect()[0].samples[0].value == pytest.approx(4733510400 - 86400)


def test_two_of_three_are_refused(files):
    with pytest.raises(ValueError, match="set all three or none"):
        TlsSettings(**{**files, "tls_key_file": None})


def test_a_file_that_is_missing_is_named(files):
    files["tls_key_file"].unlink()
    with pytest.raises(SettingsError, match=r"tls\.key of DAYBOOK_TLS_… cannot be read"):
        TlsSettings(**files).tls()


def test_a_file_that_holds_no_certificate_is_refused(files):
    files["tls_cert_file"].write_text("nothing of the kind")
    with pytest.raises(SettingsError, match="DAYBOOK_TLS_CERT_FILE holds no certificate"):
        TlsSettings(**files).tls()
