{{/* How many pods a service has at least. Takes its block of values. */}}
{{- define "daybook.fewestPods" -}}
{{- if (.keda).enabled -}}{{ .keda.minReplicas }}{{- else if .autoscaling.enabled -}}{{ .autoscaling.minReplicas }}{{- else -}}{{ .replicas }}{{- end -}}
{{- end -}}

{{/*
How many dispatchers there may be: the carrier's rate is shared out among so many. Takes the dispatcher's block of values.
*/}}

{{/* How long a gateway may drain: the longest call, 60 s to end it, and 30 s for the pause before SIGTERM and for the end of the process. */}}
{{- define "daybook.gatewayGraceSeconds" -}}
{{- .Values.voiceGateway.terminationGracePeriodSeconds | default (add .Values.voiceGateway.maxCallSeconds 90) -}}
{{- end -}}
