"""One call: its trace, its log lines, and the stages in which calls leave their traces."""

from dashboards.grafana import LOKI, TEMPO, Json, Raw, Row, dashboard, query_variable, source_variable
from dashboards.voice_quality import DIAL_DELAY, FIRST_AUDIO, RECOGNITION, SYNTHESIS, TURN_GAP, VERDICT

HOW_TO = """\
A call's id is its trace's id. Paste either above, with dashes or without.

- Of a person: `daybook explain PERSON` lists their calls with their ids.
- Of something slow: the dots in the panels below, and on *Voice quality*, are calls; each opens here.
- Of a log line: `call_id`.
"""

_PARTS = "([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"


def written(name: str, joined: str) -> str:
    """A question that only writes the call's id in another way: Grafana itself cannot take the dashes out."""
    given = 'label_replace(vector(1), "given", "$call", "", "")'
    return f'label_replace({given}, "{name}", "{joined}", "given", "{_PARTS}")'


def one_call() -> Json:
    return dashboard(
        "one-call",
        "One call",
        "One call's story across all services, by its id.",
        (
            Raw(
                "Which call",
                "How to come by a call's id.",
                {"type": "text", "options": {"mode": "markdown", "content": HOW_TO}},
                height=5,
            ),
            Raw(
                "Trace",
                "Every span of the call, of all services, from the tick to the entry. Empty where the services send "
                "no traces (DAYBOOK_OTLP_ENDPOINT).",
                {
                    "type": "traces",
                    "datasource": TEMPO,
                    "targets": [{"refId": "A", "datasource": TEMPO, "queryType": "traceql", "query": "$trace"}],
                },
                height=14,
            ),
            Raw(
                "Log lines",
                "What all services logged about the call, in order. Logs hold ids, times and terms; never a number, a "
                "name or a word.",
                {
                    "type": "logs",
                    "datasource": LOKI,
                    "targets": [
                        {
                            "refId": "A",
                            "datasource": LOKI,
                            "expr": '{namespace="$namespace"} |~ "$trace|$dashed"',
                            "queryType": "range",
                        }
                    ],
                    "options": {
                        "showTime": True,
                        "wrapLogMessage": True,
                        "sortOrder": "Ascending",
                        "prettifyLogMessage": False,
                    },
                },
                height=12,
            ),
            Row("Stages: each dot is a call"),
            DIAL_DELAY,
            FIRST_AUDIO,
            TURN_GAP,
            RECOGNITION,
            SYNTHESIS,
            VERDICT,
        ),
        variables=(
            source_variable("tempo", "Traces", "tempo", "Where the traces are."),
            source_variable("loki", "Logs", "loki", "Where the logs are."),
            {
                "name": "call",
                "label": "Call or trace id",
                "description": "The call's id, or its trace's, which is the same without dashes.",
                "type": "textbox",
                "query": "",
                "hide": 0,
            },
            query_variable(
                "trace",
                "Trace id",
                f"query_result({written('trace', '$1$2$3$4$5')})",
                "The id as traces have it.",
                regex='/trace="([^"]+)"/',
                hide=2,
            ),
            query_variable(
                "dashed",
                "Call id",
                f"query_result({written('dashed', '$1-$2-$3-$4-$5')})",
                "The id as logs have it.",
                regex='/dashed="([^"]+)"/',
                hide=2,
            ),
        ),
    )
