"""Who asked for a person's records, and what a call can be about, as their programs are told it."""

import pytest
from portal_programs import program_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_asked_for_an_entry_is_told_the_newest_first(house, kept):
    entry = await kept.spoken("Words.")
    program = await program_of(house, kept.person, scope="read")
    await program.told(f"/entries/{entry}")
    page = await program.told("/accesses?limit=1")
    [newest] = page["accesses"]
    assert (newest["caller"], newest["for_person"], newest["refused_for"]) == ("portal", True, None)
    assert newest["at"].endswith("Z")
    seen, cursor = [newest], page["next_cursor"]
    while cursor is not None:
        page = await program.told(f"/accesses?limit=2&cursor={cursor}")
        seen += page["accesses"]
        cursor = page["next_cursor"]
    numbers = [each["sequence"] for each in seen]
    assert numbers == sorted(set(numbers), reverse=True)
    assert ("ReadEntry", entry) in {(each["method"], each["record_id"]) for each in seen}


async def test_nobody_is_told_who_asked_for_anothers_records(house, kept):
    entry = await kept.spoken("Words.")
    await (await program_of(house, kept.person)).told(f"/entries/{entry}")
    stranger = await program_of(house, await house.person())
    assert entry not in (await stranger.ask("GET", "/accesses")).text


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "1" * 30, "²"])
async def test_a_cursor_that_was_not_told_is_refused(house, cursor):
    program = await program_of(house, await house.person())
    answer = await program.ask("GET", "/accesses", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_programmes_are_told_in_the_persons_language_and_one_can_be_set(house):
    program = await program_of(house, await house.person(locale="de-AT"))
    told = (await program.told("/programmes"))["programmes"]
    assert (told[1]["programme"], told[1]["name"]) == ("gratitude", "Dankbarkeit")
    for each in told:
        assert (await program.ask("PATCH", "/person", json={"programme": each["programme"]})).status_code == 200
