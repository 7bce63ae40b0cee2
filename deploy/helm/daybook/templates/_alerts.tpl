{{/*
How soon an absence is told follows from the periods, so that a test can make them short. A process that always runs shows life
in each of its loops every 15 seconds at least; two scrapes are its period where that is longer, since sooner Prometheus cannot
be sure. Promise 7 gives two periods: until the first scrape that fails, for as long as `for` says, and until the next evaluation.
All are whole seconds.
*/}}
{{- define "daybook.alerts.scrape" -}}{{ int .Values.monitoring.rules.scrapeSeconds }}{{- end -}}
{{- define "daybook.alerts.tick" -}}{{ int .Values.windowScheduler.tick.periodSeconds }}{{- end -}}
{{- define "daybook.alerts.retention" -}}{{ int .Values.journal.retention.periodSeconds }}{{- end -}}
{{- define "daybook.alerts.period" -}}
{{- max 15 (int .Values.callDispatcher.sweepPeriodSeconds) (mul 2 (int .Values.monitoring.rules.scrapeSeconds)) -}}
{{- end -}}

{{/* A sum over a few numbers, as `daybook.alerts.period` times 2 less the scrape: dict of root, periods, scrapes. */}}
{{- define "daybook.alerts.seconds" -}}
{{- $periods := mul (int .periods) (int (include "daybook.alerts.period" .root)) -}}
{{- add $periods (mul (int .scrapes) (int .root.Values.monitoring.rules.scrapeSeconds)) -}}
{{- end -}}

{{/* The matchers of one component's own series. Takes a dict of root and component. */}}
{{- define "daybook.alerts.of" -}}
namespace="{{ .root.Release.Namespace }}",job="{{ include "daybook.fullname" .root }}-{{ .component }}"
{{- end -}}

{{/* The matchers of the series of every service. */}}
{{- define "daybook.alerts.ofAll" -}}
namespace="{{ .Release.Namespace }}",job=~"{{ include "daybook.fullname" . }}-(window-scheduler|call-dispatcher|voice-gateway|journal|portal)"
{{- end -}}

{{/*
Unix time of a last success; while there was none, the start of the process that tells so: what has just started is not late.
Takes a dict of metric and of (matchers).
*/}}
{{- define "daybook.alerts.lastSuccess" -}}
{{ .metric }}{ {{- .of -}} } > 0
or ({{ .metric }}{ {{- .of -}} } == 0)
  + on (namespace, job, instance) group_left () process_start_time_seconds{ {{- .of -}} }
{{- end -}}

{{/*
A loop of a component that stands still in all of its pods. Where NATS or the database was away a moment ago, it waits for that,
and the alert of that party tells. Takes a dict of root and component.
*/}}
{{- define "daybook.alerts.hung" -}}
{{- $of := include "daybook.alerts.of" . -}}
time() - max by (namespace, job, worker) (
{{ include "daybook.alerts.lastSuccess" (dict "metric" "daybook_worker_last_success_timestamp_seconds" "of" $of) | indent 2 }}
) > {{ include "daybook.alerts.seconds" (dict "root" .root "periods" 2 "scrapes" -1) }}
unless on (namespace, job) max by (namespace, job, dependency) (
  min_over_time(daybook_dependency_up{ {{- $of -}} ,dependency=~"nats|database"}[{{ include "daybook.alerts.seconds" (dict "root" .root "periods" 0 "scrapes" 3) }}s])
) == 0
{{- end -}}

{{/* One sample where a component is not scraped, or where one of its loops tells nothing. Takes a dict of root, component and workers. */}}
{{- define "daybook.alerts.gone" -}}
{{- $of := include "daybook.alerts.of" . -}}
max(
  absent(up{ {{- $of -}} } == 1)
{{- range .workers }}
  or absent(daybook_worker_last_success_timestamp_seconds{ {{- $of -}} ,worker="{{ . }}"})
{{- end }}
)
{{- end -}}
