"""Twilio's webhooks: each is checked for its signature first, then for its form, then answered by TwiML or by 204.

    POST /webhooks/twilio/voice/{attempt_id}    the person has picked up
    POST /webhooks/twilio/resume/{attempt_id}   a media stream ended
    POST /webhooks/twilio/fallback/{attempt_id} another of these was asked, also again, and did not answer
    POST /webhooks/twilio/gather/{attempt_id}   the standard orchestrator heard something
    POST /webhooks/twilio/partial/{attempt_id}  what it has heard so far of an utterance
    POST /webhooks/twilio/code/{attempt_id}     a call for signing in took a key
    POST /webhooks/twilio/status/{attempt_id}   a step of the call
    POST /webhooks/twilio/amd/{attempt_id}      who picked up
    POST /webhooks/twilio/voice                 the first system's address; without ?attempt_id= somebody rang us

An error is problem+json (RFC 9457). 5xx asks Twilio to try again, by the connection overrides in the addresses it was given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from chassis.errors import DaybookError, InvalidInput, NotFound, Unavailable
from chassis.telemetry import call_context, span
from voice_gateway import metrics, twiml
from voice_gateway.attempts import Attempt, parse_attempt_id
from voice_gateway.briefing import Briefing, Briefings
from voice_gateway.callbacks import call_sid, read_gathered, read_machine_detection, read_partial, read_status
from voice_gateway.calls import HANGS_UP_WITHIN, TURN_WITHIN, CallsInProgress
from voice_gateway.code_calls import CodeCalls
from voice_gateway.code_telling import CodeCall, code_call_of
from voice_gateway.errors import ForgedRequest, GatewayFull, RequestTooLarge
from voice_gateway.exchange import AnsweredByMachine
from voice_gateway.gathering import Addresses, Gathering
from voice_gateway.journal import Journal
from voice_gateway.line import MEDIA_PATH
from voice_gateway.preparing import Preparations
from voice_gateway.programme_files import programme_for
from voice_gateway.programmes import DEFAULT_LOCALE
from voice_gateway.progress import Progress
from voice_gateway.settings import Orchestrator
from voice_gateway.signatures import SIGNATURE_HEADER, Signatures, stream_url
from voice_gateway.speech_trouble import SpeechTrouble
from voice_gateway.stream_tokens import StreamTokens

log = structlog.get_logger()

LARGEST_FORM_BYTES = 64 * 1024
HAS_FALLBACK = "fallback"
"""Said in the query of a call's address by who gave the carrier another one, for when this one refuses."""
ASKED_AGAIN = "#rc=2&rp=5xx,ct,rt"
"""Twilio's connection overrides: the gateway that it asks first may be the one that has just died."""
BREAKS_BORNE = 2
"""How often a media stream may break before the call goes on without one."""

_STATUS_CODES: tuple[tuple[type[DaybookError], int, str], ...] = (
    (ForgedRequest, 403, "Not signed by Twilio"),
    (RequestTooLarge, 413, "Too large"),
    (InvalidInput, 400, "Malformed"),
    (NotFound, 404, "Unknown"),
    (Unavailable, 503, "Try again"),
)


@dataclass(frozen=True)
class Webhooks:
    """
    Attributes:
        base_url: the public address, without a slash at its end.
        orchestrator, chosen_by: which one holds conversations, and by which setting.
    """

    base_url: str
    orchestrator: Orchestrator
    chosen_by: str
    operator_name: str
    signatures: Signatures
    tokens: StreamTokens
    calls: CallsInProgress
    trouble: SpeechTrouble
    preparations: Preparations
    briefings: Briefings
    journal: Journal
    gathering: Gathering
    code_calls: CodeCalls
    progress: Progress

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/webhooks/twilio")
        router.add_api_route("/voice/{attempt_id}", self.voice, methods=["POST"])
        router.add_api_route("/voice", self.bare_voice, methods=["POST"])
        router.add_api_route("/resume/{attempt_id}", self.resume, methods=["POST"])
        router.add_api_route("/fallback/{attempt_id}", self.fallback, methods=["POST"])
        router.add_api_route("/gather/{attempt_id}", self.gather, methods=["POST"])
        router.add_api_route("/partial/{attempt_id}", self.partial, methods=["POST"])
        router.add_api_route("/code/{attempt_id}", self.code, methods=["POST"])
        router.add_api_route("/status/{attempt_id}", self.status, methods=["POST"])
        router.add_api_route("/amd/{attempt_id}", self.machine_detection, methods=["POST"])
        return router

    async def voice(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        if HAS_FALLBACK in request.query_params and self._standard_because(attempt) == "full":
            raise GatewayFull("This gateway has all the conversations that it may have: another is to be asked.")
        return await self._answer(attempt, form)

    async def bare_voice(self, request: Request) -> Response:
        form = await self._signed_form(request)
        attempt_id = request.query_params.get("attempt_id")
        if attempt_id is not None:
            return await self._answer(parse_attempt_id(attempt_id), form)
        log.info("call.inbound")
        programme = programme_for(DEFAULT_LOCALE, self.operator_name)
        return _xml(twiml.say_and_hang_up(programme.not_an_answering_service, language=programme.locale))

    async def resume(self, request: Request, attempt_id: str) -> Response:
        """A stream ended: because the conversation did, or because something broke; then it goes on."""
        form = await self._signed_form(request)
        attempt, sid = parse_attempt_id(attempt_id), call_sid(form)
        if self._is_over(attempt, form):
            return _xml(twiml.hang_up())
        breaks = _breaks(request)
        with _about(attempt, "resume"):
            briefing = await self._briefing_if_told(attempt)
            if briefing and await self.journal.is_over(attempt.call_id, briefing.person_id):
                self.calls.awaits(attempt, HANGS_UP_WITHIN)
                return _xml(twiml.hang_up())
            log.info("call.resumed", breaks=breaks)
            return await self._go_on(
                attempt, sid, briefing, self._standard_because(attempt, breaks=breaks), breaks=breaks
            )

    async def fallback(self, request: Request, attempt_id: str) -> Response:
        """What was asked for was not answered, since this gateway's like are full or away: no stream more, but a conversation."""
        form = await self._signed_form(request)
        attempt, sid = parse_attempt_id(attempt_id), call_sid(form)
        if self._is_over(attempt, form):
            return _xml(twiml.hang_up())
        with _about(attempt, "fallback"):
            log.warning("call.fell_back", error_code=form.get("ErrorCode", ""))
            briefing = await self.briefings.of_call(attempt.call_id)
            if briefing.for_sign_in:
                return await self._tell_code(attempt, sid, briefing, CodeCall())
            return await self._go_on(attempt, sid, briefing, self._standard_because(attempt) or "webhook_failed")

    async def gather(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        with _about(attempt, "gather"):
            gathered = read_gathered(form)
            self.calls.awaits(attempt, TURN_WITHIN)
            document = await self.gathering.go_on(attempt, gathered, self._addresses(attempt))
            return self._said(attempt, document)

    async def partial(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        with _about(attempt, "partial"):
            self.gathering.overhear(attempt, read_partial(form), _turns(request))
        return Response(status_code=204)

    async def code(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        with _about(attempt, "code"):
            gathered = read_gathered(form)
            self.calls.awaits(attempt, TURN_WITHIN)
            briefing = await self.briefings.of_call(attempt.call_id)
            call = code_call_of(request.query_params)
            return await self._tell_code(attempt, gathered.call_sid, briefing, call, gathered.digits)

    async def status(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        with _about(attempt, "status"):
            callback = read_status(form)
            await self.progress.status(attempt, callback)
            if callback.is_end:
                await self.gathering.hung_up(attempt, callback.call_sid)
                self.calls.hung_up(attempt)
            log.info(
                "carrier.status",
                carrier_call_id=callback.call_sid,
                status=form["CallStatus"],
                sequence_number=callback.sequence_number,
            )
        return Response(status_code=204)

    async def machine_detection(self, request: Request, attempt_id: str) -> Response:
        form = await self._signed_form(request)
        attempt = parse_attempt_id(attempt_id)
        with _about(attempt, "amd"):
            detection = read_machine_detection(form)
            await self.progress.answered_by(attempt, detection)
            log.info("carrier.answered_by", answered_by=form["AnsweredBy"])
            if detection.is_machine:
                self.calls.answered_by_machine(attempt, AnsweredByMachine(detection.takes_messages))
        return Response(status_code=204)

    async def _answer(self, attempt: Attempt, form: dict[str, str]) -> Response:
        sid = call_sid(form)
        with _about(attempt, "voice"):
            self.calls.awaits(attempt, TURN_WITHIN)
            briefing = await self.briefings.of_call(attempt.call_id)
            if briefing.for_sign_in:
                return await self._tell_code(attempt, sid, briefing, CodeCall())
            return await self._go_on(attempt, sid, briefing, self._standard_because(attempt))

    def _is_over(self, attempt: Attempt, form: dict[str, str]) -> bool:
        """Whether nothing is left of a call that was answered but to hang up."""
        over = form.get("CallStatus", "in-progress") != "in-progress" or self.calls.is_over(attempt.attempt_id)
        self.calls.awaits(attempt, HANGS_UP_WITHIN if over else TURN_WITHIN)
        return over

    async def _briefing_if_told(self, attempt: Attempt) -> Briefing | None:
        """The briefing of a call that goes on; None where it is not to be had now, which is no reason to end the call."""
        try:
            return await self.briefings.of_call(attempt.call_id)
        except Unavailable:
            return None

    def _standard_because(self, attempt: Attempt, *, breaks: int = 0) -> str | None:
        """Why the standard orchestrator is to hold this call now, or None where the enhanced one is."""
        if self.orchestrator == "standard":
            return self.chosen_by
        if breaks >= BREAKS_BORNE:
            return "stream_broke_twice"
        return self.trouble.reason() or ("full" if self.calls.is_full(attempt) else None)

    async def _go_on(
        self,
        attempt: Attempt,
        sid: str,
        briefing: Briefing | None,
        standard_because: str | None,
        *,
        breaks: int = 0,
    ) -> Response:
        orchestrator: Orchestrator = "standard" if standard_because else "enhanced"
        reason = standard_because or self.chosen_by
        metrics.orchestrator_chosen.labels(orchestrator, reason).inc()
        log.info("orchestrator.chosen", orchestrator=orchestrator, reason=reason)
        if standard_because:
            await self.calls.left(attempt)
            known = briefing or await self.briefings.of_call(attempt.call_id)
            return self._said(attempt, await self.gathering.begin(attempt, sid, known, self._addresses(attempt)))
        self.calls.invites(attempt)
        self.preparations.begin(None if breaks else briefing)  # who was greeted already needs none
        return _xml(
            twiml.connect_stream(
                stream_url=stream_url(self.base_url, MEDIA_PATH),
                resume_url=f"{self._url('resume', attempt)}?breaks={breaks + 1}{ASKED_AGAIN}",
                attempt_id=attempt.attempt_id,
                token=self.tokens.issue(attempt.attempt_id, sid),
            )
        )

    async def _tell_code(
        self, attempt: Attempt, sid: str, briefing: Briefing, call: CodeCall, pressed: str = ""
    ) -> Response:
        def address_of(then: CodeCall) -> str:
            return f"{self._url('code', attempt)}?{then.as_query()}{ASKED_AGAIN}"

        document = await self.code_calls.go_on(attempt, sid, briefing, call, pressed, address_of=address_of)
        return self._said(attempt, document)

    def _said(self, attempt: Attempt, document: str) -> Response:
        """An answer without a stream, which is followed by another turn, or by the end."""
        self.calls.awaits(attempt, HANGS_UP_WITHIN if self.calls.is_over(attempt.attempt_id) else TURN_WITHIN)
        return _xml(document)

    def _addresses(self, attempt: Attempt) -> Addresses:
        return Addresses(gathered=self._url("gather", attempt), partial=self._url("partial", attempt))

    def _url(self, webhook: str, attempt: Attempt) -> str:
        return f"{self.base_url}/webhooks/twilio/{webhook}/{attempt.attempt_id}"

    async def _signed_form(self, request: Request) -> dict[str, str]:
        """The form, if Twilio signed it for this address.

        Raises:
            ForgedRequest: it did not.
            RequestTooLarge: it is longer than any of Twilio's.
        """
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM_BYTES:
                raise RequestTooLarge(f"The form is longer than {LARGEST_FORM_BYTES} bytes.")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        query = f"?{request.url.query}" if request.url.query else ""
        self.signatures.check_webhook(request.url.path + query, form, request.headers.get(SIGNATURE_HEADER))
        return form


def problem(request: Request, error: Exception) -> JSONResponse:
    """An error of ours as problem+json; for FastAPI's exception handlers."""
    code, title = next(
        ((code, title) for kind, code, title in _STATUS_CODES if isinstance(error, kind)), (500, "Failed")
    )
    surface = request.url.path.removeprefix("/webhooks/twilio/").partition("/")[0]
    if isinstance(error, ForgedRequest):
        metrics.forged_requests.labels(surface).inc()
        log.warning("signature.refused", surface=surface, reason=str(error))
    else:
        metrics.refused_webhooks.labels(type(error).__name__).inc()
        log.warning("webhook.refused", surface=surface, status=code, reason=str(error))
    body = {"type": "about:blank", "title": title, "status": code, "detail": str(error)}
    if isinstance(error, InvalidInput):
        body["field"] = error.field
    return JSONResponse(body, status_code=code, media_type="application/problem+json")


@contextmanager
def _about(attempt: Attempt, webhook: str) -> Iterator[None]:
    """What is done in it belongs to that call, in the log and in the trace."""
    with (
        structlog.contextvars.bound_contextvars(call_id=attempt.call_id, attempt_id=attempt.attempt_id),
        span(f"webhook {webhook}", context=call_context(attempt.call_id)),
    ):
        yield


def _breaks(request: Request) -> int:
    return _small_number(request.query_params.get("breaks", "0"), otherwise=BREAKS_BORNE)


def _turns(request: Request) -> int:
    """After how many turns the person was asked; a number that none have where the address does not tell."""
    return _small_number(request.query_params.get("turns", ""), otherwise=-2)


def _small_number(text: str, *, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


def _xml(document: str) -> Response:
    return Response(document, media_type="text/xml")
