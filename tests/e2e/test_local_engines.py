"""Calls at the pace of life between real voices and a real recogniser, those of this machine: what is kept is what was said, but
for the odd word that was misheard. `tests/contract/google/test_engines.py` holds the engines alone to each other, in `make test`.
"""

import pytest
import pytest_asyncio
from whole_daybook import Person, WholeDaybook, running_daybook, said
from word_errors import word_error_rate

from daybook.events.v1 import events_pb2 as events
from daybook.journal.v1 import journal_pb2 as journal
from daybook_cli.tuning import Tuning

pytestmark = [pytest.mark.endurance, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

TALKATIVE = ("brief", "talks_and_completes", "needs_two_follow_ups", "interrupts_prompt")
MOST_MISHEARD = 0.1


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alive(tmp_path_factory):
    async with running_daybook(Tuning(), tmp_path_factory.mktemp("logs")) as whole:
        yield whole


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rung_together(alive: WholeDaybook) -> dict[str, Person]:
    people = {persona: await alive.person(persona) for persona in TALKATIVE}
    await alive.tick()
    return people


@pytest.mark.parametrize("persona", TALKATIVE)
async def test_at_most_one_word_in_ten_is_misheard(alive, rung_together, persona):
    person = rung_together[persona]
    assert (await alive.finished(person)).outcome == events.CALL_OUTCOME_REFLECTED
    [call] = await alive.carrier_calls(person)
    kept = said(await alive.entry(person), journal.SPEAKER_PERSON)
    rate = word_error_rate(" ".join(utterance["text"] for utterance in call["said"]), kept)
    assert rate <= MOST_MISHEARD
