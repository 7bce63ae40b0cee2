"""TwiML as Twilio reads it: the verbs that Daybook uses (https://www.twilio.com/docs/voice/twiml). Pure.

A verb or attribute that is not known here is left out with a warning, as Twilio leaves out one that its schema does not
know; a document that is no TwiML at all is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast
from xml.etree import ElementTree as ET

from emulators.twilio.errors import MalformedTwiml

Method = Literal["GET", "POST"]

DOCUMENT_PARSE_FAILURE = 12100
SCHEMA_WARNING = 12200
_MAX_PARAMETER_CHARS = 500


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask for the next document."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    length_s: float


@dataclass(frozen=True, slots=True)
class Gather:
    """`speech_timeout_s` and `timeout_s` as in Twilio's attributes; `num_digits` is None for no limit, `partial_results` where
    nobody asked for them.
    """

    speech: bool
    dtmf: bool
    action: Target
    partial_results: Target | None
    num_digits: int | None
    finish_on_key: str
    timeout_s: float
    speech_timeout_s: float
    action_on_empty_result: bool
    prompts: tuple[Say | Pause, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    url: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Connect:
    action: Target | None
    stream: Stream


@dataclass(frozen=True, slots=True)
class Redirect:
    target: Target


@dataclass(frozen=True, slots=True)
class Hangup:
    """Also what `<Reject>` comes to on a call that was answered already."""


Verb = Say | Pause | Gather | Connect | Redirect | Hangup


@dataclass(frozen=True, slots=True)
class Document:
    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


def read_twiml(text: str) -> Document:
    """The verbs of a document, in order.

    Raises:
        MalformedTwiml: it is no XML, its root is not `<Response>`, or an attribute cannot be read.
    """
    if "<!DOCTYPE" in text:
        raise MalformedTwiml(DOCUMENT_PARSE_FAILURE, "the document declares a DOCTYPE: leave it out")
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 - no entities without a DOCTYPE, which was refused above
    except ET.ParseError as error:
        line, column = error.position
        raise MalformedTwiml(
            DOCUMENT_PARSE_FAILURE, f"the document is no well-formed XML: look at line {line}, column {column}"
        ) from None
    if root.tag != "Response":
        raise MalformedTwiml(DOCUMENT_PARSE_FAILURE, "the document's root is not <Response>: put the verbs into one")
    warnings: list[str] = []
    return Document(verbs=tuple(_verbs(root, warnings)), warnings=tuple(warnings))


def _verbs(elements: Iterable[ET.Element], warnings: list[str]) -> Iterable[Verb]:
    for element in elements:
        match element.tag:
            case "Say":
                yield Say("".join(element.itertext()).strip())
            case "Pause":
                yield Pause(_number(element, "length", 1.0))
            case "Gather":
                yield _gather(element, warnings)
            case "Connect":
                connect = _connect(element, warnings)
                if connect is not None:
                    yield connect
            case "Redirect":
                yield Redirect(Target((element.text or "").strip(), _method(element, "method")))
            case "Hangup" | "Reject":
                yield Hangup()
            case unknown:
                warnings.append(f"<{unknown}> is no verb that this emulator knows: it is left out")


def _gather(element: ET.Element, warnings: list[str]) -> Gather:
    inputs = element.get("input", "dtmf").split()
    timeout_s = _number(element, "timeout", 5.0)
    prompts = []
    for prompt in _verbs(element, warnings):
        if isinstance(prompt, Say | Pause):
            prompts.append(prompt)
        else:
            warnings.append(f"<{type(prompt).__name__}> cannot stand in <Gather>: it is left out")
    return Gather(
        speech="speech" in inputs,
        dtmf="dtmf" in inputs,
        action=Target(element.get("action", ""), _method(element, "method")),
        partial_results=(
            Target(element.get("partialResultCallback", ""), _method(element, "partialResultCallbackMethod"))
            if "partialResultCallback" in element.attrib
            else None
        ),
        num_digits=int(_number(element, "numDigits", 0)) or None,
        finish_on_key=element.get("finishOnKey", "#"),
        timeout_s=timeout_s,
        # "auto" lets Twilio's recogniser decide; a second of silence is what it tends to
        speech_timeout_s=(
            1.0 if element.get("speechTimeout") == "auto" else _number(element, "speechTimeout", timeout_s)
        ),
        action_on_empty_result=element.get("actionOnEmptyResult", "false") == "true",
        prompts=tuple(prompts),
    )


def _connect(element: ET.Element, warnings: list[str]) -> Connect | None:
    streams = element.findall("Stream")
    if len(streams) != 1 or len(element) != 1:
        warnings.append("<Connect> is understood here with exactly one <Stream>: it is left out")
        return None
    stream = streams[0]
    parameters: dict[str, str] = {}
    for parameter in stream.findall("Parameter"):
        name, value = parameter.get("name", ""), parameter.get("value", "")
        if not name or len(name) + len(value) >= _MAX_PARAMETER_CHARS:
            warnings.append("a <Parameter> needs a name, and less than 500 characters with its value: it is left out")
        else:
            parameters[name] = value
    return Connect(
        action=Target(element.get("action", ""), _method(element, "method")) if "action" in element.attrib else None,
        stream=Stream(url=stream.get("url", ""), parameters=parameters),
    )


def _number(element: ET.Element, name: str, default: float) -> float:
    value = element.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 86_400:
        raise MalformedTwiml(DOCUMENT_PARSE_FAILURE, f"<{element.tag} {name}> is no number of 0 to 86400: correct it")
    return number


def _method(element: ET.Element, name: str) -> Method:
    value = element.get(name, "POST").upper()
    if value not in {"GET", "POST"}:
        raise MalformedTwiml(DOCUMENT_PARSE_FAILURE, f"<{element.tag} {name}> is neither GET nor POST: correct it")
    return cast("Method", value)
