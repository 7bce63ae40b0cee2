"""What Google Speech v2 accepts on a stream, and the words in which it refuses the rest.

Sources: the messages of google-cloud-speech 2.41 (`speech_v2/types/cloud_speech.py`), and
https://cloud.google.com/speech-to-text/quotas for sizes and durations. The service's own texts are quoted where they are
known; the others name the field and what would be right.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import grpc
from google.cloud.speech_v2 import types

from emulators.refusals import Refused, invalid

MAX_AUDIO_BYTES = 25 * 1024
MAX_STREAM = timedelta(minutes=5)
MAX_WITHOUT_AUDIO = timedelta(seconds=10)

_RECOGNIZER = re.compile(r"projects/[^/]+/locations/[^/]+/recognizers/[^/]+")
_MULAW = types.ExplicitDecodingConfig.AudioEncoding.MULAW


def too_long() -> Refused:
    return Refused(grpc.StatusCode.ABORTED, "Max duration of 5 minutes reached for stream.")


def no_audio() -> Refused:
    return Refused(grpc.StatusCode.ABORTED, "Stream timed out after receiving no more client requests.")


@dataclass(frozen=True)
class Wishes:
    """What the first message of a stream asked for."""

    language_code: str
    interim_results: bool
    activity_events: bool
    speech_start_timeout: timedelta | None
    speech_end_timeout: timedelta | None


def read_configuration(request: types.StreamingRecognizeRequest) -> Wishes:
    """Reads the first message.

    Raises:
        Refused: INVALID_ARGUMENT, saying which field is wrong.
    """
    if "streaming_config" not in request:
        raise invalid("The first message must contain a recognizer and a streaming_config, and no audio.")
    if not _RECOGNIZER.fullmatch(request.recognizer):
        raise invalid(
            "Invalid resource name in field `recognizer`: "
            "expected projects/{project}/locations/{location}/recognizers/{recognizer}."
        )
    config = request.streaming_config.config
    _check_decoding(config)
    if not config.model:
        raise invalid("Invalid field `config.model`: a model is required with the implicit recognizer.")
    if len(config.language_codes) != 1:
        raise invalid("Invalid field `config.language_codes`: exactly one language code is supported by this model.")
    features = request.streaming_config.streaming_features
    timeouts = features.voice_activity_timeout
    wishes = Wishes(
        language_code=config.language_codes[0],
        interim_results=features.interim_results,
        activity_events=features.enable_voice_activity_events,
        speech_start_timeout=_duration(timeouts, "speech_start_timeout"),
        speech_end_timeout=_duration(timeouts, "speech_end_timeout"),
    )
    if (wishes.speech_start_timeout or wishes.speech_end_timeout) and not wishes.activity_events:
        raise invalid("Field `voice_activity_timeout` requires `enable_voice_activity_events` to be true.")
    return wishes


def _duration(timeouts: types.StreamingRecognitionFeatures.VoiceActivityTimeout, field: str) -> timedelta | None:
    """A field that proto-plus types as protobuf's Duration and returns as a timedelta."""
    return cast("timedelta", getattr(timeouts, field)) if field in timeouts else None


def _check_decoding(config: types.RecognitionConfig) -> None:
    if "explicit_decoding_config" not in config:
        raise invalid(
            "Field `config.explicit_decoding_config` is required by this emulator: set MULAW, 8000 Hz, 1 channel."
        )
    decoding = config.explicit_decoding_config
    if decoding.encoding != _MULAW:
        raise invalid("Field `explicit_decoding_config.encoding`: this emulator hears MULAW only.")
    if decoding.sample_rate_hertz != 8000:
        raise invalid("Field `explicit_decoding_config.sample_rate_hertz`: this emulator hears 8000 Hz only.")
    if decoding.audio_channel_count != 1:
        raise invalid("Field `explicit_decoding_config.audio_channel_count`: this emulator hears 1 channel only.")


def read_audio(request: types.StreamingRecognizeRequest) -> bytes:
    """Reads any later message.

    Raises:
        Refused: INVALID_ARGUMENT, for a message that holds no audio, more than audio, or too much of it.
    """
    if "audio" not in request or request.recognizer:
        raise invalid("Only the first message may contain a recognizer or a streaming_config; later ones hold audio.")
    audio = request.audio
    if len(audio) > MAX_AUDIO_BYTES:
        raise invalid(
            f"Audio chunk can be of a a maximum of {MAX_AUDIO_BYTES} bytes, and {len(audio)} were sent: send less at once."
        )
    return audio
