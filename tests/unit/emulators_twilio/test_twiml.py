import pytest
from twilio.twiml.voice_response import Connect as ConnectVerb
from twilio.twiml.voice_response import VoiceResponse

from emulators.twilio.errors import MalformedTwiml
from emulators.twilio.gathering import Gathering
from emulators.twilio.line import LineFrame
from emulators.twilio.person import Utterance
from emulators.twilio.tracks import SILENT_FRAME
from emulators.twilio.twiml import Connect, Gather, Hangup, Pause, Redirect, Say, Stream, Target, read_twiml


def test_what_twilios_own_library_writes_is_read():
    response = VoiceResponse()
    response.say("Good <evening> & welcome")
    response.pause(length=2)
    connect = ConnectVerb(action="/after", method="GET")
    connect.stream(url="wss://example.org/media", name="n").parameter(name="token", value='"quoted"')
    response.append(connect)
    gather = response.gather(
        input="speech dtmf",
        num_digits=1,
        timeout=3,
        speech_timeout="auto",
        action="/heard",
        partial_result_callback="/so-far",
    )
    gather.say("Well?")
    response.redirect("/again")
    response.hangup()
    document = read_twiml(str(response))
    assert document.warnings == ()
    assert document.verbs == (
        Say("Good <evening> & welcome"),
        Pause(2),
        Connect(Target("/after", "GET"), Stream("wss://example.org/media", {"token": '"quoted"'})),
        Gather(
            speech=True,
            dtmf=True,
            action=Target("/heard"),
            partial_results=Target("/so-far"),
            num_digits=1,
            finish_on_key="#",
            timeout_s=3,
            speech_timeout_s=1,
            action_on_empty_result=False,
            prompts=(Say("Well?"),),
        ),
        Redirect(Target("/again")),
        Hangup(),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<Response>",
        "<Say/>",
        "<!DOCTYPE r [<!ENTITY a 'b'>]><Response>&a;</Response>",
        "<Response><Pause length='x'/></Response>",
        "<Response><Gather timeout='-1'/></Response>",
        "<Response><Redirect method='PUT'>/a</Redirect></Response>",
    ],
)
def test_what_cannot_be_run_is_refused_by_a_sentence(text):
    with pytest.raises(MalformedTwiml, match=r".{20,}") as refused:
        read_twiml(text)
    assert refused.value.code == 12100


@pytest.mark.parametrize(
    "text",
    [
        "<Response><Sing/></Response>",
        "<Response><Connect/></Response>",
        "<Response><Connect><Room/></Connect></Response>",
        "<Response><Gather><Hangup/></Gather></Response>",
        f"<Response><Connect><Stream url='wss://a/b'><Parameter name='a' value='{'x' * 500}'/></Stream></Connect></Response>",
    ],
)
def test_what_is_not_known_is_left_out_with_a_warning(text):
    assert len(read_twiml(text).warnings) == 1


def frame(started=None, finished=None, digits=""):
    return LineFrame(SILENT_FRAME, digits, started, finished, ())


SAID = Utterance("so it was", b"")


def gathering(**attributes):
    text = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    (verb,) = read_twiml(f"<Response><Gather {text}/></Response>").verbs
    return Gathering(verb)


def run(gathering, frames, *, prompts_over=True):
    for number, one in enumerate(frames):
        gathered = gathering.hear(one, prompts_over=prompts_over)
        if gathered is not None:
            return number, gathered.parameters
    return None


def test_speech_ends_with_its_silence():
    frames = [frame(started=SAID), *[frame()] * 500, frame(finished=SAID), *[frame()] * 100]
    told = {"SpeechResult": "so it was", "Confidence": "0.93"}
    assert run(gathering(input="speech", speechTimeout="auto"), frames) == (501 + 50, told)
    assert run(gathering(input="speech", speechTimeout=1.5), frames) == (501 + 75, told)


def test_nothing_is_gathered_after_the_timeout_which_begins_with_the_end_of_the_prompts():
    assert run(gathering(timeout=2), [frame()] * 200) == (99, {})
    assert run(gathering(timeout=2), [frame()] * 200, prompts_over=False) is None


def test_digits_end_by_their_number_by_the_finishing_key_or_by_time():
    keys = [frame(digits="1"), frame(digits="2"), *[frame()] * 200]
    assert run(gathering(numDigits=2), keys) == (1, {"Digits": "12"})
    assert run(gathering(timeout=1), keys) == (51, {"Digits": "12"})
    assert run(gathering(), [frame(digits="1"), frame(digits="#")]) == (1, {"Digits": "1"})


def test_speech_is_not_heard_where_keys_alone_were_asked_for():
    assert not gathering(input="dtmf").interrupts(frame(started=SAID))
    assert gathering(input="dtmf speech").interrupts(frame(started=SAID))
    assert run(gathering(input="dtmf", timeout=1), [frame(started=SAID), frame(finished=SAID), *[frame()] * 60]) == (
        49,
        {},
    )
