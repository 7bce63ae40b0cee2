"""Every question of every dashboard, asked of a real Prometheus after a real call, is answered by what the services tell."""

import math

import httpx2
import pytest
import pytest_asyncio
from dashboard_files import DASHBOARDS, expressions, substituted
from watching import Watch
from whole_daybook import Person, WholeDaybook, until

from daybook.events.v1.events_pb2 import CallFinished

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

each = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda it: it["uid"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def called(daybook: WholeDaybook, watch: Watch) -> CallFinished:
    """A call to its end, and Prometheus has seen what became of it."""
    person: Person = await daybook.person("brief")
    finished = await daybook.rung(person)
    [over] = await watch.ask("vector(time())")
    async with httpx2.AsyncClient(base_url=daybook.stack.portal_url, trust_env=False, timeout=30) as browser:

        async def seen() -> bool:
            # a count that is there for the first time has not risen
            assert (await browser.get("/sign-in")).status_code == httpx2.codes.OK
            [oldest] = await watch.ask("min(timestamp(up))")
            kept = await watch.ask("increase(daybook_journal_entries_made_total[30m]) > 0")
            ended = await watch.ask("increase(daybook_scheduled_calls_ended_total[30m]) > 0")
            opened = await watch.ask("increase(daybook_portal_page_seconds_count[30m]) > 0")
            # each process was asked since the call was over, and not only those that tell of its end
            return bool(kept and ended and opened) and oldest.value > over.value

        await until(seen)
    return finished


@each
async def test_every_question_has_an_answer(watch, called, dashboard):
    unanswered = []
    for expr in expressions(dashboard):
        answer = await watch.ask(expr)
        if not answer or all(math.isnan(sample.value) for sample in answer):
            unanswered.append(expr)
    assert unanswered == []


async def test_the_funnel_shows_the_call_at_each_step(watch, called):
    [calls_today] = [it for it in DASHBOARDS if it["uid"] == "daybook-calls-today"]
    funnel = calls_today["panels"][0]
    steps = {}
    for target in funnel["targets"]:
        [answer] = await watch.ask(substituted(target["expr"]))
        steps[target["legendFormat"]] = answer.value
    assert len(steps) == 6
    assert all(value > 0 for value in steps.values()), steps


async def test_the_stages_lead_to_the_call(watch, called):
    trace_id = called.call_id.replace("-", "")
    for histogram in (
        "daybook_dial_delay_seconds",
        "daybook_time_to_first_audio_seconds",
        "daybook_turn_gap_seconds",
        "daybook_recognition_seconds",
        "daybook_synthesis_seconds",
        "daybook_verdict_seconds",
    ):
        assert {"trace_id": trace_id} in await watch.exemplars(f"{histogram}_bucket")


async def test_a_call_is_found_by_its_id_and_by_its_traces(watch, called):
    """Grafana's variables write the one as the other, by a question that only Prometheus can answer."""
    [one_call] = [it for it in DASHBOARDS if it["uid"] == "daybook-one-call"]
    variables = {it["name"]: it for it in one_call["templating"]["list"]}
    trace_id = called.call_id.replace("-", "")
    for given in (called.call_id, trace_id):
        for name, wanted in (("trace", trace_id), ("dashed", called.call_id)):
            query = variables[name]["query"]["query"].removeprefix("query_result(").removesuffix(")")
            [answer] = await watch.ask(query.replace("$call", given))
            assert answer.labels[name] == wanted
