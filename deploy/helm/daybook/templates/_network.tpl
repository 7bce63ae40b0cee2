{{/* The rules of NetworkPolicies: what may come in (`from`) and go out (`to`). */}}

{{/* Pods of this release, by component. Takes a dict of root, way (from, to), components and ports. */}}
{{- define "daybook.allow" -}}
- {{ .way }}:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: {{ .root.Chart.Name }}
          app.kubernetes.io/instance: {{ .root.Release.Name }}
        matchExpressions:
          - key: app.kubernetes.io/component
            operator: In
            values: {{ toJson .components }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
{{- end -}}

{{/* Others. Without peers nobody may come in, and one may go out to anybody. Takes a dict of way, peers and ports. */}}
{{- define "daybook.allowPeers" -}}
{{- if .peers }}
- {{ .way }}:
    {{- toYaml .peers | nindent 4 }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
{{- else if eq .way "to" }}
- ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "daybook.allowPrometheus" -}}
{{- include "daybook.allowPeers" (dict "way" "from" "peers" .root.Values.networkPolicy.prometheus "ports" (list .port)) -}}
{{- end -}}

{{- define "daybook.allowDatabase" -}}
{{- if .Values.postgresql.deploy -}}
{{- include "daybook.allow" (dict "root" . "way" "to" "components" (list "postgresql") "ports" (list 5432)) -}}
{{- else -}}
{{- with .Values.networkPolicy.database -}}
{{- include "daybook.allowPeers" (dict "way" "to" "peers" .peers "ports" (list .port)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "daybook.allowNats" -}}
{{- if .Values.nats.deploy -}}
{{- include "daybook.allow" (dict "root" . "way" "to" "components" (list "nats") "ports" (list 4222)) -}}
{{- else -}}
{{- include "daybook.allowPeers" (dict "way" "to" "peers" .Values.networkPolicy.nats "ports" (list (include "daybook.portOf" .Values.nats.url))) -}}
{{- end -}}
{{- end -}}

{{- define "daybook.allowTraces" -}}
{{- if .Values.otlpEndpoint -}}
{{- include "daybook.allowPeers" (dict "way" "to" "peers" .Values.networkPolicy.traces "ports" (list (include "daybook.portOf" .Values.otlpEndpoint))) -}}
{{- end -}}
{{- end -}}

{{/* The port of a URL, as it stands or as its scheme has it. */}}
{{- define "daybook.portOf" -}}
{{- $url := urlParse . -}}
{{- $usual := dict "http" 80 "https" 443 "nats" 4222 "tls" 4222 -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (get $usual $url.scheme) -}}
{{- end -}}

{{/* The first lines of a component's policy. */}}
{{- define "daybook.policyOf" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "daybook.fullname" .root }}-{{ .component }}
  labels:
    {{- include "daybook.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "daybook.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}
