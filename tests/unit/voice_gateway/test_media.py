import base64
import json
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_gateway import media
from voice_gateway.errors import MalformedFrame

START = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": "MZ1",
    "start": {
        "streamSid": "MZ1",
        "accountSid": "AC1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "customParameters": {"attempt_id": "a", "token": "t"},
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
    },
}

DTMF = '{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"9"}}'
MARK = '{"event":"mark","mark":{"name":"prompt-1"}}'


def audio(**changes):
    fields = {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": base64.b64encode(b"\x7f" * 160).decode()}
    return json.dumps({"event": "media", "sequenceNumber": "3", "media": fields | changes, "streamSid": "MZ1"})


def test_reads_what_twilio_sends():
    assert media.parse('{"event":"connected","protocol":"Call","version":"1.0.0"}') == media.Connected()
    assert media.parse(json.dumps(START)) == media.Started("MZ1", "CA1", {"attempt_id": "a", "token": "t"})
    assert media.parse(audio()) == media.Audio(5, b"\x7f" * 160)
    assert media.parse(DTMF) == media.Digit("9")
    assert media.parse(MARK) == media.MarkReached("prompt-1")
    assert media.parse('{"event":"stop","stop":{"accountSid":"AC1","callSid":"CA1"}}') == media.Stopped()


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("", "message"),
        ("[]", "message"),
        ("{}", "event"),
        ('{"event":"hello"}', "event"),
        ('{"event":["media"]}', "event"),
        ('{"event":"media"}', "media"),
        (audio(timestamp="-1"), "media.timestamp"),
        (audio(timestamp="soon"), "media.timestamp"),
        (audio(timestamp="99999999999999"), "media.timestamp"),
        (audio(timestamp=True), "media.timestamp"),
        (audio(payload=""), "media.payload"),
        (audio(payload="?!"), "media.payload"),
        (audio(payload="é"), "media.payload"),
        (audio(payload=7), "media.payload"),
        (audio(track="outbound"), "media.track"),
        ('{"event":"dtmf","dtmf":{"digit":"99"}}', "dtmf.digit"),
        ('{"event":"mark","mark":{}}', "mark.name"),
        (json.dumps(START | {"streamSid": None}), "start.streamSid"),
        (json.dumps(START | {"start": {"mediaFormat": {"encoding": "audio/wav"}}}), "start.mediaFormat.encoding"),
    ],
)
def test_names_what_is_malformed(message, field):
    with pytest.raises(MalformedFrame) as caught:
        media.parse(message)
    assert caught.value.field == field


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop"]), JSON)
def test_any_message_is_read_or_refused(event, content):
    with suppress(MalformedFrame):
        media.parse(json.dumps({"event": event, event: content, "streamSid": "MZ1"}))


@st.composite
def almost_right(draw):
    """A message of Twilio's of which one part, at any depth, is anything or missing."""
    message = draw(st.sampled_from([START, *map(json.loads, [audio(), DTMF, MARK])]))
    message = json.loads(json.dumps(message))
    part = message
    while True:
        name = draw(st.sampled_from(sorted(part)))
        if not isinstance(part[name], dict) or not part[name] or draw(st.booleans()):
            break
        part = part[name]
    if draw(st.booleans()):
        part[name] = draw(JSON)
    else:
        del part[name]
    return json.dumps(message)


@given(almost_right())
def test_a_message_with_one_wrong_part_is_read_or_refused(message):
    with suppress(MalformedFrame):
        media.parse(message)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(message):
    with suppress(MalformedFrame):
        media.parse(message)


@given(st.binary(min_size=1, max_size=400))
def test_what_is_sent_is_what_was_meant(payload):
    sent = json.loads(media.media_message("MZ1", payload))
    assert sent["streamSid"] == "MZ1"
    assert base64.b64decode(sent["media"]["payload"]) == payload


def test_marks_and_clears_name_their_stream():
    assert json.loads(media.mark_message("MZ1", "m")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m"}}
    assert json.loads(media.clear_message("MZ1")) == {"event": "clear", "streamSid": "MZ1"}


def test_a_refusal_repeats_nothing_of_what_was_sent():
    for message, secret in product([audio(payload="c2VjcmV0!"), '{"event":"secret"}'], ["c2VjcmV0", "secret"]):
        with pytest.raises(MalformedFrame) as caught:
            media.parse(message)
        assert secret not in str(caught.value)
