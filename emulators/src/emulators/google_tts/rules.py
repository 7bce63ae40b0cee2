"""What Google Text-to-Speech accepts, and the words in which it refuses the rest (pure).

Sources: the messages of google-cloud-texttospeech 2.38 (`texttospeech_v1/types/cloud_tts.py`), and
https://cloud.google.com/text-to-speech/quotas for the limit on input. Texts that are known are quoted; the others name the
field and what would be right.
"""

from datetime import timedelta
from typing import Final

import grpc
from google.cloud.texttospeech_v1 import types

from emulators import mulaw
from emulators.google_tts.formats import STREAMED, SYNTHESIZED
from emulators.refusals import Refused, invalid

MAX_INPUT_BYTES: Final = 5000
MAX_WITHOUT_INPUT: Final = timedelta(seconds=5)

_LANGUAGES = ("en-US", "en-GB", "en-AU", "en-IN", "de-DE")
_CHIRP_3 = (
    *("Achernar", "Achird", "Algenib", "Algieba", "Alnilam", "Aoede", "Autonoe", "Callirrhoe", "Charon", "Despina"),
    *("Enceladus", "Erinome", "Fenrir", "Gacrux", "Iapetus", "Kore", "Laomedeia", "Leda", "Orus", "Puck"),
    *("Pulcherrima", "Rasalgethi", "Sadachbia", "Sadaltager", "Schedar", "Sulafat", "Umbriel", "Vindemiatrix"),
    *("Zephyr", "Zubenelgenubi"),
)
_LANGUAGE_OF = {f"{language}-Chirp3-HD-{name}": language for language in _LANGUAGES for name in _CHIRP_3}


def voices(request: types.ListVoicesRequest) -> types.ListVoicesResponse:
    """The Chirp 3 HD voices of these languages. They all sound the same here: there is one voice behind the emulator."""
    wanted = request.language_code or ""
    return types.ListVoicesResponse(
        voices=[
            types.Voice(language_codes=[language], name=name, natural_sample_rate_hertz=mulaw.SAMPLE_RATE_HZ)
            for name, language in _LANGUAGE_OF.items()
            if language.lower().startswith(wanted.lower())
        ]
    )


def read_request(request: types.SynthesizeSpeechRequest) -> str:
    """The text that a unary request wants spoken.

    Raises:
        Refused: INVALID_ARGUMENT, saying which field is wrong.
    """
    _check_voice(request.voice)
    config = request.audio_config
    if config.audio_encoding not in SYNTHESIZED:
        raise invalid("Field `audio_config.audio_encoding`: this emulator answers LINEAR16, MULAW, ALAW or PCM.")
    if config.pitch or config.volume_gain_db or config.effects_profile_id:
        raise invalid("Field `audio_config`: this emulator knows no pitch, volume_gain_db or effects_profile_id.")
    _check_sound("audio_config", config.sample_rate_hertz, config.speaking_rate)
    return _text(request.input.text)


def read_configuration(request: types.StreamingSynthesizeRequest) -> types.StreamingSynthesizeConfig:
    """The first message of a stream.

    Raises:
        Refused: INVALID_ARGUMENT, saying which field is wrong.
    """
    if "streaming_config" not in request:
        raise invalid("The first message of the stream must contain a streaming_config.")
    config = request.streaming_config
    _check_voice(config.voice)
    audio = config.streaming_audio_config
    if audio.audio_encoding not in STREAMED:
        raise invalid("Field `streaming_audio_config.audio_encoding`: this emulator streams PCM, MULAW or ALAW.")
    _check_sound("streaming_audio_config", audio.sample_rate_hertz, audio.speaking_rate)
    return config


def read_input(request: types.StreamingSynthesizeRequest) -> str:
    """The text of any later message of a stream.

    Raises:
        Refused: INVALID_ARGUMENT, for a message without text, or with too much of it.
    """
    if "input" not in request:
        raise invalid("Only the first message of the stream may contain a streaming_config; later ones hold an input.")
    return _text(request.input.text)


def without_input() -> Refused:
    return Refused(grpc.StatusCode.ABORTED, "Stream aborted due to long duration elapsed without input sent.")


def _check_voice(voice: types.VoiceSelectionParams) -> None:
    if not voice.language_code:
        raise invalid("Field `voice.language_code` is required, for instance en-US.")
    if voice.name and voice.name not in _LANGUAGE_OF:
        raise invalid(f"Voice '{voice.name}' does not exist. Is it misspelled?")
    if voice.name and _LANGUAGE_OF[voice.name].lower() != voice.language_code.lower():
        raise invalid(
            f"Requested language code '{voice.language_code}' doesn't match the voice '{voice.name}''s language code "
            f"'{_LANGUAGE_OF[voice.name]}'. Either specify a different voice or use the voice's language code."
        )


def _check_sound(field: str, sample_rate_hertz: int, speaking_rate: float) -> None:
    if sample_rate_hertz not in {0, mulaw.SAMPLE_RATE_HZ}:
        raise invalid(f"Field `{field}.sample_rate_hertz`: this emulator speaks at 8000 Hz only.")
    if speaking_rate not in {0.0, 1.0}:
        raise invalid(f"Field `{field}.speaking_rate`: this emulator speaks at rate 1.0 only.")


def _text(text: str) -> str:
    if not text.strip():
        raise invalid("Field `input.text` is empty: this emulator speaks plain text only, and no ssml or markup.")
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise invalid(
            f"Either `input.text` or `input.ssml` is longer than the limit of {MAX_INPUT_BYTES} bytes. "
            "This limit is different from quotas. To fix, reduce the byte length of the characters in this request."
        )
    return text
