"""The description of the API, held to what it answers: schemathesis asks all of it, with what is right and what is wrong."""

import asyncio
import os
import sys
from pathlib import Path

import archives_asked_with
import pytest
from portal_programs import API, program_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTS = ["person|programmes|keeping|accesses", "windows", "agenda|days|calls", "entries|calendar", "archive"]
# what a description cannot say (an end after its start, a number that can be dialed) is refused with a reason all the same
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,allow_header_conformance,ignored_auth"


REFUSALS = "[checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 405, 412, 413, 415, 416, 422, 428, 429]\n"


async def asked(house, part, folder, *options):
    """What schemathesis says of a part, asked as a program of somebody's."""
    program = await program_of(house, await house.person())
    (folder / "schemathesis.toml").write_text(REFUSALS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{house.origin}{API}/openapi.json"),
        *("--header", f"Authorization: Bearer {program.token}", "--include-path-regex", f"^/({part})"),
        *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-shrink", "--no-color"),
        *("--generation-database", "none", "--warnings", "off", *options),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(Path(archives_asked_with.__file__).parent),
            "SCHEMATHESIS_HOOKS": archives_asked_with.__name__,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode, told.decode()


@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_answered_that_is_not_described(house, part, tmp_path):
    status, told = await asked(house, part, tmp_path, "--max-examples", "3", "--max-time", "5")
    assert status == 0, told


@pytest.mark.endurance
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", PARTS)
async def test_nothing_is_answered_that_is_not_described_however_long_it_is_asked(house, part, tmp_path):
    status, told = await asked(house, part, tmp_path, "--max-examples", "100", "--rate-limit", "550/m")
    assert status == 0, told


async def test_every_path_is_covered_by_a_part(house):
    described = (await house.browser().http.get(f"{API}/openapi.json")).json()
    parts = {name for part in PARTS for name in part.split("|")}
    assert {path.split("/")[1] for path in described["paths"]} == parts
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["security"]
            assert {"401", "429", "503"} <= set(operation["responses"])
