"""What Twilio is told to do with a call, as TwiML documents."""

from twilio.twiml.voice_response import (  # type: ignore[import-untyped]  # the package ships no types
    Connect,
    Gather,
    VoiceResponse,
)

ATTEMPT_PARAMETER = "attempt_id"
TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a parameter, no secret


def connect_stream(*, stream_url: str, resume_url: str, attempt_id: str, token: str) -> str:
    """Open a media stream to us; when it ends, however it ends, ask `resume_url` what to do next."""
    response = VoiceResponse()
    connect = Connect(action=resume_url, method="POST")
    stream = connect.stream(url=stream_url)
    stream.parameter(name=ATTEMPT_PARAMETER, value=attempt_id)
    stream.parameter(name=TOKEN_PARAMETER, value=token)
    response.append(connect)
    return str(response)


def say_and_hang_up(text: str, *, language: str) -> str:
    """Say something, which may be nothing, and hang up."""
    response = VoiceResponse()
    if text:
        response.say(text, language=language)
    response.hangup()
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def redirect(url: str) -> str:
    """Ask another of our webhooks what to do next."""
    response = VoiceResponse()
    response.redirect(url, method="POST")
    return str(response)


def say_and_await_key(text: str, *, language: str, action_url: str, timeout_s: int) -> str:
    """Say something, then wait for one key, which may come at once. That none came is reported too, as an empty result.

    Args:
        text: what there is to say.
        language: BCP 47.
        action_url: where Twilio reports the key.
        timeout_s: how long after the last word none may come before that is reported.
    """
    response = VoiceResponse()
    gather = Gather(
        input="dtmf",
        action=action_url,
        method="POST",
        num_digits=1,
        finish_on_key="",
        timeout=timeout_s,
        action_on_empty_result=True,
    )
    gather.say(text, language=language)
    response.append(gather)
    return str(response)


def say_and_gather(text: str, *, language: str, action_url: str, partial_url: str, timeout_s: int) -> str:
    """Say something, then listen: speech until the person pauses, or one key. Silence is reported too, as an empty result.

    Args:
        text: may be empty: then only listen.
        language: BCP 47, for both.
        action_url: where Twilio reports what it heard.
        partial_url: where it reports, again and again, what it has heard so far.
        timeout_s: how long nothing may be heard before that is reported.
    """
    response = VoiceResponse()
    gather = Gather(
        input="speech dtmf",
        action=action_url,
        method="POST",
        num_digits=1,
        finish_on_key="",  # otherwise # is no key like the others: it ends the input, and is not told
        timeout=timeout_s,
        speech_timeout="auto",
        partial_result_callback=partial_url,
        partial_result_callback_method="POST",
        language=language,
        action_on_empty_result=True,
    )
    if text:
        gather.say(text, language=language)
    response.append(gather)
    return str(response)
