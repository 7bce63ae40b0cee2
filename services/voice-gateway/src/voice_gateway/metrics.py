"""What the gateway counts. Labels are stable terms, never an id."""

from prometheus_client import Counter, Gauge, Histogram

from voice_gateway.exchange import Outcome, Purpose, Speaker, Verdict

calls_in_progress = Gauge("daybook_calls_in_progress", "Conversations over a media stream that run in this process.")
calls_at_once = Gauge("daybook_calls_at_once", "Media streams that this process holds at most.")
orchestrator_configured = Gauge(
    "daybook_orchestrator_configured",
    "1 for the orchestrator that is set, with what set it.",
    ["orchestrator", "reason"],
)
orchestrator_chosen = Counter(
    "daybook_orchestrator_chosen_total",
    "How calls were answered: by which orchestrator, and why by that one.",
    ["orchestrator", "reason"],
)
STANDARD_INSTEAD = (
    "stream_broke_twice",
    "full",
    "webhook_failed",
    "google_speech_refused",
    "google_speech_unavailable",
    "google_voice_unavailable",
)
"""Why a call was answered by the standard orchestrator where the enhanced one is set."""
conversations = Counter("daybook_conversations_total", "Conversations that ended, by how.", ["outcome"])
forged_requests = Counter("daybook_forged_requests_total", "Requests without Twilio's signature.", ["surface"])
refused_webhooks = Counter("daybook_refused_webhooks_total", "Signed webhooks that could not be served.", ["reason"])
refused_streams = Counter("daybook_refused_streams_total", "Media streams that were not served.", ["reason"])
streams_given_up = Counter(
    "daybook_given_up_streams_total",
    "Media streams that could not be carried on, by what was wrong with them.",
    ["reason"],
)
malformed_frames = Counter("daybook_malformed_frames_total", "Media stream messages that cannot be understood.")
time_to_first_audio_s = Histogram(
    "daybook_time_to_first_audio_seconds",
    "From the start of the stream to the first audio for the person.",
    buckets=(0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5),
)
turn_gap_s = Histogram(
    "daybook_turn_gap_seconds",
    "From the decision to say something to its first audio.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
recognition_s = Histogram(
    "daybook_recognition_seconds",
    "From the end of what was said to its settled words, in the call's own time.",
    buckets=(0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10),
)
synthesis_s = Histogram(
    "daybook_synthesis_seconds",
    "From the request for speech to its first audio.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2, 5),
)
barge_ins = Counter("daybook_barge_ins_total", "Prompts that were broken off or withdrawn because the person spoke.")
verdict_s = Histogram(
    "daybook_verdict_seconds", "How long a verdict took.", buckets=(0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 2.5, 3)
)
verdicts = Counter("daybook_verdicts_total", "Verdicts, `none` where there was none in time.", ["verdict"])
speech_restarts = Counter("daybook_speech_restarts_total", "Recognition streams opened anew, by why.", ["reason"])
unspoken_prompts = Counter("daybook_unspoken_prompts_total", "Prompts that could not be said.", ["purpose"])
journal_retries = Counter(
    "daybook_journal_retries_total", "Tries to reach the journal that were repeated.", ["request"]
)
spooled_bytes = Gauge("daybook_spooled_bytes", "What waits, sealed, for the journal to acknowledge it.")
names_said = Counter(
    "daybook_names_said_total", "Names that the portal asked to have said, by what became of it.", ["result"]
)
lost_s = Counter("daybook_lost_audio_seconds_total", "Audio that could not be kept, by the track it is of.", ["track"])
lost_turns = Counter("daybook_lost_turns_total", "Turns that could not be kept.")
draining = Gauge("daybook_draining", "1 while this process is to go and holds its calls to their end.")

for _reason in STANDARD_INSTEAD:
    orchestrator_chosen.labels("standard", _reason)
for _outcome in (*Outcome, "broken", "failed"):
    conversations.labels(_outcome)
for _surface in ("voice", "resume", "fallback", "gather", "code", "status", "amd", "stream"):
    forged_requests.labels(_surface)
for _reason in ("silent", "unread", "unreadable", "too_fast"):
    streams_given_up.labels(_reason)
for _reason in ("no_start", "token_malformed", "token_forged", "token_expired", "token_used"):
    refused_streams.labels(_reason)
for _reason in ("Unavailable", "AioRpcError"):  # window-scheduler or the journal did not answer, or the journal refused
    refused_streams.labels(_reason)
for _reason in ("Unavailable", "BusUnavailable", "GatewayFull"):
    refused_webhooks.labels(_reason)
for _reason in (
    "changed",
    "unavailable",
    "deadline_exceeded",
    "internal",
    "aborted",
    "cancelled",
    "resource_exhausted",
    "unknown",
):
    speech_restarts.labels(_reason)
for _verdict in (*Verdict, "none"):
    verdicts.labels(_verdict)
for _purpose in Purpose:
    unspoken_prompts.labels(_purpose)
for _result in ("said", "turned_away", "unspoken"):
    names_said.labels(_result)
for _track in Speaker:
    lost_s.labels(_track)
for _request in ("StartSession", "ReadTrack", "AppendTurn", "BeginClosing", "AppendAudio", "FinishSession"):
    journal_retries.labels(_request)
