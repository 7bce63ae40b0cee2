"""What a person hears of their name before they keep it: typed in a browser, said by a gateway that is a process of its own."""

import base64
import html
import re

import pytest
import pytest_asyncio

from chassis.rpc import open_channel, serving_grpc
from daybook.gateway.v1.speaking_pb2_grpc import add_SpeakingServiceServicer_to_server
from daybook.scheduler.v1 import scheduler_pb2 as pb
from emulators import wordcode
from portal.errors import NotHeardBeforehand
from portal.profile_pages import HEARD_AT_ONCE
from portal.speaking import Speaking
from voice_gateway.speaking import Speaking as SpeakingServicer
from voice_gateway.speech_trouble import SpeechTrouble

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/me/profile/spoken"
NAME, SPOKEN = "Rumpelstiltskin", "Rumpel-Stilts-Kin"
AWAY = "Daybook's voice cannot be had just now."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def voice(house):
    await house.voice.start()
    yield house.voice
    house.voice.kill()
    await house.voice.ended()


async def stored(house, person):
    return (await house.people.GetPerson(pb.GetPersonRequest(person_id=person.person_id))).person


async def asked(browser, **typed):
    """The page that answers what is typed."""
    fields = (await browser.page("/me/profile")).fields
    return await browser.post(PATH, {**fields, "locale": "en-GB", **typed})


def text_of(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def words_of(answer):
    """What the sound of a page says."""
    [sound] = re.findall(r'<audio controls autoplay src="data:audio/wav;base64,([^"]+)"', answer.text)
    return wordcode.decode(base64.b64decode(sound, validate=True))


@pytest.mark.usefixtures("voice")
async def test_what_is_typed_is_heard_and_nothing_is_kept(house):
    person = await house.person()
    browser = await house.signed_in(person)
    answer = await asked(browser, name=NAME)
    assert (answer.status_code, words_of(answer)) == (200, f"Hello {NAME}.")
    assert f'value="{NAME}"' in answer.text
    assert words_of(await asked(browser, name=NAME, name_pronunciation=SPOKEN)) == f"Hello {SPOKEN}."
    assert words_of(await asked(browser, name=NAME, locale="de-AT")) == f"Guten Tag, {NAME}."
    assert await stored(house, person) == person

    assert answer.headers["cache-control"] == "no-store"
    policy = dict(each.split(" ", 1) for each in answer.headers["content-security-policy"].split("; "))
    assert (policy["media-src"], policy["script-src"]) == ("'self' data:", "'self'")
    assert "data:" not in (await browser.get("/me/profile")).headers["content-security-policy"]


@pytest.mark.usefixtures("voice")
@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": " "}, "name", "Write what you are called."),
        ({"name": "x" * 101}, "name", "Write it in at most 100 characters."),
        ({"name_pronunciation": "x" * 101}, "name_pronunciation", "Write it in at most 100 characters."),
        ({"name_pronunciation": "Ada\x7fstop"}, "name_pronunciation", "Write it in one line."),
    ],
    ids=["none", "long", "long to speak", "two lines"],
)
async def test_what_cannot_be_said_is_told_beside_its_field(house, typed, field, sentence):
    answer = await asked(await house.signed_in(await house.person()), **typed)
    assert answer.status_code == 422
    [error] = re.findall(rf'id="{field}-error">([^<]*)<', answer.text)
    assert error == sentence


@pytest.mark.usefixtures("voice")
async def test_who_asks_too_often_is_told_to_wait_and_nobody_else_is(house):
    browser, other = [await house.signed_in(await house.person()) for _ in range(2)]
    fields = (await browser.page("/me/profile")).fields
    told = [(await browser.post(PATH, {**fields, "locale": "en-GB"})).status_code for _ in range(HEARD_AT_ONCE + 1)]
    assert told[-1] == 429
    assert 429 not in told[:-1]
    assert "Wait a while" in text_of(await browser.post(PATH, fields))
    assert (await asked(other)).status_code in {200, 503}  # the gateway may have said as many as it does in a minute


async def test_where_the_carrier_speaks_a_person_is_told_so():
    """In a gateway that is set so, which is asked before it looks for a voice."""
    carrier_speaks = SpeakingServicer(None, SpeechTrouble(), orchestrator="standard", operator_name="Daybook")
    services = {
        "daybook.gateway.v1.SpeakingService": lambda to: add_SpeakingServiceServicer_to_server(carrier_speaks, to)
    }
    async with serving_grpc(services, host="127.0.0.1", port=0) as port, open_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(NotHeardBeforehand, match="telephone company"):
            await Speaking(channel).name(NAME, "en-GB")


async def test_a_form_of_elsewhere_says_nothing(house):
    browser = await house.signed_in(await house.person())
    assert (await browser.post(PATH, {"name": "Mallory"})).status_code == 403
    assert (await house.browser().post(PATH, {})).status_code == 303


@pytest.mark.usefixtures("voice")
async def test_a_name_stands_in_no_log(house):
    browser = await house.signed_in(await house.person())
    for typed in (NAME, NAME * 10):
        await asked(browser, name=typed, name_pronunciation=typed)
    logs = house.log.read_text() + house.log.with_name("voice.log").read_text()
    assert "process.ready" in logs
    assert NAME not in logs


async def test_without_a_voice_the_page_says_so_and_goes_on(house, voice):
    voice.kill()
    await voice.ended()
    person = await house.person()
    browser = await house.signed_in(person)
    answer = await asked(browser, name=NAME)
    assert answer.status_code == 503
    assert AWAY in text_of(answer)
    assert f'value="{NAME}"' in answer.text
    assert "<audio" not in answer.text
    fields = (await browser.page("/me/profile")).fields
    assert (await browser.post("/me/profile", {**fields, "name": NAME, "locale": "en-GB"})).status_code == 303
    assert (await stored(house, person)).name == NAME
