"""Voice quality: how the conversations sound to those who are in them."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard, none_yet


def quantiles(histogram: str) -> tuple[Query, ...]:
    """Median, and what one in twenty and one in a hundred had to wait for."""
    return tuple(
        Query(f"histogram_quantile({part}, sum by (le) (rate({histogram}_bucket[$__rate_interval])))", name)
        for part, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    )


TURN_GAP = Panel(
    "Turn gap",
    "From the decision to say something to its first audio: the wait for the turns before it to be durable, and "
    "speech synthesis. Above a second people begin to ask whether anybody is there. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_turn_gap_seconds"),
    width=12,
    limits=((1, "red"),),
    exemplars=True,
)
FIRST_AUDIO = Panel(
    "First audio",
    "From the start of the stream to the first audio for the person. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_time_to_first_audio_seconds"),
    width=12,
    limits=((2, "orange"), (3, "red")),
    exemplars=True,
)
RECOGNITION = Panel(
    "Recognition",
    "From the end of what was said to its settled words: Google's recogniser, and the way there. Nothing is answered "
    "before it. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_recognition_seconds"),
    width=12,
    limits=((2, "orange"), (5, "red")),
    exemplars=True,
)
SYNTHESIS = Panel(
    "Synthesis",
    "From the request for speech to its first audio: Google's voice alone, without the wait for the turns before it. "
    "Fixed prompts are learnt at the start and take no time. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_synthesis_seconds"),
    width=12,
    limits=((0.5, "orange"), (1, "red")),
    exemplars=True,
)
VERDICT = Panel(
    "Verdict",
    "How long Gemini took to say whether a person is done. Past its deadline there is none, and silence alone "
    "decides. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_verdict_seconds"),
    width=12,
    limits=((1.5, "orange"), (2.5, "red")),
    exemplars=True,
)
DIAL_DELAY = Panel(
    "Dial delay",
    "From the moment a call was due to its POST to the carrier: the wake-up, the question whether it may be dialed, "
    "and the carrier's rate. A dot is one call: open its trace.",
    "s",
    quantiles("daybook_dial_delay_seconds"),
    width=12,
    limits=((15, "orange"), (60, "red")),
    exemplars=True,
)


def voice_quality() -> Json:
    return dashboard(
        "voice-quality",
        "Voice quality",
        "How long people wait for an answer, what they were not told, and which parts of the voice path gave way.",
        (
            Row("What people wait for"),
            TURN_GAP,
            FIRST_AUDIO,
            RECOGNITION,
            SYNTHESIS,
            VERDICT,
            Panel(
                "Verdicts",
                "What Gemini judged, a minute. `none` is a verdict that was not there in time; those calls go on by "
                "silence alone.",
                "cpm",
                (Query("60 * sum by (verdict) (rate(daybook_verdicts_total[$__rate_interval]))", "{{verdict}}"),),
                width=12,
                stacked=True,
            ),
            Row("What gave way"),
            Panel(
                "Spoken over",
                "Prompts that people spoke into, a minute; they are broken off at once. Many: prompts are too long, or come "
                "too early.",
                "cpm",
                (Query("60 * sum(rate(daybook_barge_ins_total[$__rate_interval]))", "spoken over"),),
                width=12,
            ),
            Panel(
                "How calls were answered",
                "A minute, by the orchestrator that held them and why that one. `standard` where `enhanced` is set: "
                "Google was away, streams broke twice, or the pods were full.",
                "cpm",
                (
                    Query(
                        "60 * sum by (orchestrator, reason) (rate(daybook_orchestrator_chosen_total[$__rate_interval]))",
                        "{{orchestrator}}: {{reason}}",
                    ),
                ),
                width=12,
                stacked=True,
            ),
            Panel(
                "Recognition opened anew",
                "Recognition streams that were opened anew, a minute, by why. Google ends each after five minutes, so "
                "`changed` is usual in long calls; errors are not.",
                "cpm",
                (
                    Query(
                        none_yet(
                            "60 * sum by (reason) (rate(daybook_speech_restarts_total[$__rate_interval]))", "reason"
                        ),
                        "{{reason}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Prompts nobody heard",
                "Prompts that could not be said, a minute, by what they were for: speech synthesis failed twice.",
                "cpm",
                (
                    Query(
                        "60 * sum by (purpose) (rate(daybook_unspoken_prompts_total[$__rate_interval]))",
                        "{{purpose}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Turns that wait for the journal",
                "Requests to the journal that were repeated, a minute. A prompt waits up to three seconds for what "
                "was said before it to be durable.",
                "cpm",
                (
                    Query(
                        "60 * sum by (request) (rate(daybook_journal_retries_total[$__rate_interval]))",
                        "{{request}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "How conversations ended",
                "A minute, by outcome. `broken` is a stream that broke and was carried on in another; `failed` is a "
                "fault of ours.",
                "cpm",
                (
                    Query(
                        "60 * sum by (outcome) (rate(daybook_conversations_total[$__rate_interval]))",
                        "{{outcome}}",
                    ),
                ),
                width=12,
                stacked=True,
            ),
            Panel(
                "Conversations that run",
                "By pod. A pod that drains takes no new ones and ends with its last; one that is full refuses what is new.",
                "short",
                (
                    Query("sum by (instance) (daybook_calls_in_progress)", "{{instance}}"),
                    Query("max(daybook_calls_at_once)", "a pod at most"),
                    Query("max by (instance) (daybook_draining)", "{{instance}} drains"),
                ),
                width=12,
            ),
            Row("What was turned away"),
            Panel(
                "Forged requests",
                "Requests without Twilio's signature, a minute, by where they came in. Many at once: the auth token "
                "or PUBLIC_URL is wrong, or somebody tries.",
                "cpm",
                (
                    Query(
                        "60 * sum by (surface) (rate(daybook_forged_requests_total[$__rate_interval]))",
                        "{{surface}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Refused streams and webhooks",
                "What came from Twilio, signed, and could not be served, or not to its end, a minute, by the reason.",
                "cpm",
                (
                    Query(
                        "60 * sum by (reason) (rate(daybook_refused_streams_total[$__rate_interval]))",
                        "stream: {{reason}}",
                    ),
                    Query(
                        "60 * sum by (reason) (rate(daybook_given_up_streams_total[$__rate_interval]))",
                        "stream, given up: {{reason}}",
                    ),
                    Query(
                        none_yet(
                            "60 * sum by (reason) (rate(daybook_refused_webhooks_total[$__rate_interval]))", "reason"
                        ),
                        "webhook: {{reason}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Malformed frames",
                "Messages of a media stream that cannot be understood, a minute. Any at all means that the protocol changed.",
                "cpm",
                (Query("60 * sum(rate(daybook_malformed_frames_total[$__rate_interval]))", "malformed"),),
            ),
        ),
    )
