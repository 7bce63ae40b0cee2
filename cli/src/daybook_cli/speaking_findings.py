"""The third question of the troubleshooting page: calls are initiated, but not held through Google. Pure."""

from collections.abc import Mapping

from daybook_cli.findings import Finding, Question, Severity
from daybook_cli.observations import GATEWAY, Health, Metrics, Observations
from daybook_cli.wording import counted

FEW_VERDICTS = 5
SELDOM = 20
_GATEWAY_LOG = "in the gateway's log"
WITHOUT_GOOGLE = {
    "stream_broke_twice": (
        "the media stream broke twice",
        f"See what broke it {_GATEWAY_LOG} (stream.refused, speech.restarted); is the websocket let through?",
    ),
    "full": (
        "the gateways were full",
        "Add pods of voice-gateway, or raise DAYBOOK_CALLS_AT_ONCE where their CPU allows it.",
    ),
    "google_speech_refused": (
        "Google Speech refused to listen",
        f"See speech.refused {_GATEWAY_LOG}; it names the settings that do not fit.",
    ),
    "google_speech_unavailable": (
        "Google Speech broke off again and again",
        f"See speech.restarted {_GATEWAY_LOG}; is Google reachable?",
    ),
    "google_voice_unavailable": (
        "Google Text-to-Speech did not give the first words",
        f"See prompt.broken_off {_GATEWAY_LOG}; it has the code of Google's answer.",
    ),
    "webhook_failed": (
        "no gateway answered another webhook of theirs",
        f"See webhook.refused {_GATEWAY_LOG}: mostly the journal or window-scheduler was away.",
    ),
}
"""Why the standard orchestrator held calls that it was not set for, and what to do."""


def speaking_findings(seen: Observations) -> list[Finding]:
    process = seen.process(GATEWAY)
    found = [_gateway(seen)]
    if process.metrics is not None:
        found += _orchestrator(process.metrics)
        found += _google(seen, process.metrics)
        found += _webhooks(seen, process.metrics)
    return found


def _found(severity: Severity, term: str, sentence: str, next_step: str = "", alert: str = "") -> Finding:
    return Finding(Question.SPEAKING, severity, term, sentence, next_step, alert)


def _gateway(seen: Observations) -> Finding:
    process = seen.process(GATEWAY)
    if process.health in {Health.SILENT, Health.SLOW}:
        sentence = (
            "voice-gateway does not answer. Calls are made and nobody speaks: the carrier finds nobody at PUBLIC_URL."
        )
        step = f"{seen.look(GATEWAY)} Without credentials for Google it does not start; its log says so."
        return _found(Severity.FAILURE, "gateway_missing", sentence, step, "DaybookGatewayMissing")
    if process.metrics is not None and process.metrics.value("daybook_draining") == 1:
        sentence = "voice-gateway drains: it takes no new call and ends when the last one is over."
        return _found(
            Severity.INFO, "gateway_draining", sentence, "None, during a rollout: another takes the new calls."
        )
    if process.health is Health.NOT_READY:
        sentence = f"voice-gateway is not ready: it cannot use {', '.join(process.failing) or 'a part that it needs'}."
        return _found(Severity.WARNING, "gateway_not_ready", sentence, seen.look(GATEWAY), "DaybookGatewayMissing")
    calls = int((process.metrics and process.metrics.value("daybook_calls_in_progress")) or 0)
    return _found(Severity.OK, "gateway", f"voice-gateway is ready; {counted(calls, 'conversation')} in progress.")


def _orchestrator(metrics: Metrics) -> list[Finding]:
    found: list[Finding] = []
    for (name, labels), value in sorted(metrics.samples.items(), key=str):
        told = dict(labels)
        if name == "daybook_orchestrator_configured" and value == 1:
            sentence = f"The orchestrator is set to {told['orchestrator']} ({_by(told['reason'])}). {_used(metrics)}"
            if told["orchestrator"] == "enhanced":
                found.insert(0, _found(Severity.OK, "orchestrator", sentence))
            else:
                step = "If conversations are to go through Google, set DAYBOOK_ORCHESTRATOR=enhanced."
                found.insert(0, _found(Severity.INFO, "orchestrator_standard", f"{sentence} Google is not used.", step))
        elif name == "daybook_orchestrator_chosen_total" and value and told["reason"] in WITHOUT_GOOGLE:
            why, step = WITHOUT_GOOGLE[told["reason"]]
            sentence = (
                f"{counted(int(value), 'conversation')} went on without Google, by the standard orchestrator: {why}."
            )
            found.append(_found(Severity.WARNING, "fell_back", sentence, step, "DaybookStandardTakesOver"))
    return found


def _used(metrics: Metrics) -> str:
    """Which one answered calls since the process started."""
    used = metrics.by_label("daybook_orchestrator_chosen_total", "orchestrator")
    answered = ", ".join(f"{int(times)} by {orchestrator}" for orchestrator, times in sorted(used.items()) if times)
    return f"Calls were answered {answered}." if answered else "No call was answered since it started."


def _by(reason: str) -> str:
    return "by default" if reason == "default" else f"by {reason}"


def _google(seen: Observations, metrics: Metrics) -> list[Finding]:
    found: list[Finding] = []
    log = f"See {seen.logs(GATEWAY)}."
    restarts = metrics.by_label("daybook_speech_restarts_total", "reason")
    failed = {reason: int(times) for reason, times in restarts.items() if times and reason != "changed"}
    if failed:
        sentence = f"Google Speech broke recognition off, by reason: {_counts(failed)}."
        step = f"{log} unauthenticated and permission_denied are about the credentials, unavailable about the way to Google."
        severity = _weight(sum(failed.values()), metrics)
        found.append(_found(severity, "speech_restarts", sentence, step, "DaybookSpeechRestarts"))
    unspoken = int(sum(metrics.by_label("daybook_unspoken_prompts_total", "purpose").values()))
    if unspoken:
        sentence = f"{counted(unspoken, 'prompt')} could not be said: Google Text-to-Speech did not give them."
        severity = _weight(unspoken, metrics)
        found.append(_found(severity, "prompts_unspoken", sentence, log, "DaybookPromptsUnspoken"))
    verdicts = metrics.by_label("daybook_verdicts_total", "verdict")
    none, all_of_them = int(verdicts.get("none", 0)), int(sum(verdicts.values()))
    if none >= FEW_VERDICTS and none * 2 > all_of_them:
        sentence = f"Gemini gave no verdict in time for {none} of {all_of_them} answers: conversations go on by the clock alone."
        step = f"{log} Is GEMINI_API_KEY valid, and has it the model?"
        found.append(_found(Severity.WARNING, "verdicts_missing", sentence, step, "DaybookVerdictsMissing"))
    if not found:
        outside = {party: kind for party, kind in seen.outside.items() if "Twilio" not in party}
        which = f" ({', '.join(f'{party} {kind}' for party, kind in outside.items())})" if outside else ""
        sentence = f"Its credentials were taken at the start, and nothing of Google has failed since{which}."
        found.append(_found(Severity.OK, "google", sentence))
    return found


def _webhooks(seen: Observations, metrics: Metrics) -> list[Finding]:
    found: list[Finding] = []
    forged = int(sum(metrics.by_label("daybook_forged_requests_total", "surface").values()))
    if forged:
        sentence = f"{counted(forged, 'request')} without the carrier's signature, and refused."
        step = "If calls are answered with silence, TWILIO_AUTH_TOKEN or PUBLIC_URL is not what the carrier signs with."
        severity = Severity.INFO if _conversations(metrics) else Severity.WARNING
        found.append(_found(severity, "signature_failures", sentence, step, "DaybookSignatureFailures"))
    for name, term, what, alert in (
        ("daybook_refused_streams_total", "streams_refused", "media stream", "DaybookConversationsNotBegun"),
        ("daybook_refused_webhooks_total", "webhooks_refused", "webhook", "DaybookConversationsNotBegun"),
    ):
        refused = {reason: int(times) for reason, times in metrics.by_label(name, "reason").items() if times}
        if refused:
            sentence = f"{counted(sum(refused.values()), what)} could not be served: {_counts(refused)}."
            severity = _weight(sum(refused.values()), metrics)
            found.append(_found(severity, term, sentence, f"See {seen.logs(GATEWAY)}.", alert))
    return found


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {times}" for reason, times in sorted(counts.items()))


def _conversations(metrics: Metrics) -> int:
    return int(sum(metrics.by_label("daybook_conversations_total", "outcome").values()))


def _weight(times: int, metrics: Metrics) -> Severity:
    """These count since the process started: a few among many conversations are told, and call nobody."""
    return Severity.INFO if times * SELDOM < _conversations(metrics) else Severity.WARNING
