{{/* The start of every object's name: the release's, with the chart's where that is another. 29 characters leave room for a component: a CronJob may have 52, a Job 63. */}}
{{- define "daybook.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 29 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 29 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 29 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of one component; it may never change in a release. Takes a dict of root and component. */}}
{{- define "daybook.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* All labels of an object. Takes a dict of root and component. */}}
{{- define "daybook.labels" -}}
{{ include "daybook.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: daybook
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* The names by which others in the cluster call a component, as a list. Takes a dict of root and component. */}}
{{- define "daybook.dnsNames" -}}
{{- $name := printf "%s-%s" (include "daybook.fullname" .root) .component -}}
- {{ $name }}
- {{ $name }}.{{ .root.Release.Namespace }}
- {{ $name }}.{{ .root.Release.Namespace }}.svc
- {{ $name }}.{{ .root.Release.Namespace }}.svc.cluster.local
{{- end -}}
