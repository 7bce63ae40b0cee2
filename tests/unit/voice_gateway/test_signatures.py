import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from voice_gateway.errors import ForgedRequest
from voice_gateway.signatures import Signatures, stream_url

BASE = "https://calls.example.org"
PATH = "/webhooks/twilio/voice/x.1?breaks=1"


def signatures(*tokens: str) -> Signatures:
    return Signatures(BASE, [SecretStr(token) for token in tokens])


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6))
def test_accepts_what_twilio_signs(form):
    signature = RequestValidator("token").compute_signature(BASE + PATH, form)
    signatures("token").check_webhook(PATH, form, signature)


@pytest.mark.parametrize("signature", [None, "", "AAAA", "é"])
def test_refuses_what_twilio_did_not_sign(signature):
    with pytest.raises(ForgedRequest):
        signatures("token").check_webhook(PATH, {"a": "b"}, signature)


def test_refuses_another_address_another_form_and_another_token():
    signature = RequestValidator("token").compute_signature(BASE + PATH, {"a": "b"})
    for checked, path, form in [
        (signatures("token"), "/elsewhere", {"a": "b"}),
        (signatures("token"), PATH, {"a": "c"}),
        (signatures("other"), PATH, {"a": "b"}),
    ]:
        with pytest.raises(ForgedRequest):
            checked.check_webhook(path, form, signature)


def test_accepts_both_tokens_while_they_are_rotated():
    for token in ("old", "new"):
        signature = RequestValidator(token).compute_signature(BASE + PATH, {})
        signatures("new", "old").check_webhook(PATH, {}, signature)


def test_a_stream_is_signed_by_its_own_address():
    assert stream_url(BASE, "/media") == "wss://calls.example.org/media"
    assert stream_url("http://127.0.0.1:8000", "/media") == "ws://127.0.0.1:8000/media"
    signature = RequestValidator("token").compute_signature("wss://calls.example.org/media", {})
    signatures("token").check_stream("/media", signature)
    with pytest.raises(ForgedRequest):
        signatures("token").check_stream("/media", RequestValidator("token").compute_signature(BASE + "/media", {}))
