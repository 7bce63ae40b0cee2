from xml.etree import ElementTree as ET

from voice_gateway import twiml


def test_connects_a_stream_with_its_ticket():
    document = ET.fromstring(
        twiml.connect_stream(
            stream_url="wss://calls.example.org/media",
            resume_url="https://calls.example.org/webhooks/twilio/resume/a.1?breaks=1",
            attempt_id="a.1",
            token="t",
        )
    )
    [connect] = document
    [stream] = connect
    assert connect.attrib == {
        "action": "https://calls.example.org/webhooks/twilio/resume/a.1?breaks=1",
        "method": "POST",
    }
    assert stream.attrib == {"url": "wss://calls.example.org/media"}
    assert [parameter.attrib for parameter in stream] == [
        {"name": "attempt_id", "value": "a.1"},
        {"name": "token", "value": "t"},
    ]


def test_says_and_hangs_up():
    document = ET.fromstring(twiml.say_and_hang_up("Good-bye & <thanks>", language="en-US"))
    assert [verb.tag for verb in document] == ["Say", "Hangup"]
    assert document[0].text == "Good-bye & <thanks>"
    assert [verb.tag for verb in ET.fromstring(twiml.hang_up())] == ["Hangup"]
    assert [verb.tag for verb in ET.fromstring(twiml.say_and_hang_up("", language="en-US"))] == ["Hangup"]


def test_gathers_speech_and_keys_silence_included():
    where = {"action_url": "https://x/g", "partial_url": "https://x/p?turns=2"}
    [gather] = ET.fromstring(twiml.say_and_gather("How?", language="en-US", timeout_s=15, **where))
    assert gather.attrib["input"] == "speech dtmf"
    assert gather.attrib["actionOnEmptyResult"] == "true"
    assert gather.attrib["timeout"] == "15"
    assert gather.attrib["partialResultCallback"] == "https://x/p?turns=2"
    assert gather.attrib["finishOnKey"] == "", "which is # where it is left out"
    assert [verb.tag for verb in gather] == ["Say"]
    [silent] = ET.fromstring(twiml.say_and_gather("", language="en-US", timeout_s=15, **where))
    assert list(silent) == []
