{{/*
The environment of a container. `daybook.settings.<component>` tells a component's own settings as a map of names and values;
what a component `needs` adds the settings that go with it, and `settings` of its values what else an operator sets. A part that
runs another's program has `settingsOf` to say which settings are its own. Secrets are not among them: they come as files (_files.tpl).
*/}}

{{- define "daybook.env" -}}
{{- $settings := fromYaml (include "daybook.settings" .) -}}
{{- range $name, $value := $settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "daybook.envFrom" -}}
{{- with .values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "daybook.settings" -}}
{{- $values := .root.Values -}}
{{- $fullname := include "daybook.fullname" .root -}}
{{- if ne (.settingsOf | default .component) "toolbox" }}
DAYBOOK_LOG_LEVEL: {{ $values.logLevel }}
DAYBOOK_TRACE_LOG: {{ $values.traceLog }}
{{- with $values.otlpEndpoint }}
DAYBOOK_OTLP_ENDPOINT: {{ . }}
{{- end }}
{{- end }}
{{- if include "daybook.secretSources" . }}
DAYBOOK_SECRETS_DIR: /run/secrets/daybook
{{- end }}
{{- range $need := .needs }}
{{- if eq $need "http" }}
DAYBOOK_HTTP_HOST: 0.0.0.0
DAYBOOK_HTTP_PORT: 8080
{{- else if eq $need "grpc" }}
DAYBOOK_GRPC_HOST: 0.0.0.0
DAYBOOK_GRPC_PORT: 9090
DAYBOOK_GRPC_HEALTH_PORT: 9091
{{- else if eq $need "nats" }}
DAYBOOK_NATS_URL: {{ include "daybook.natsUrl" $.root }}
{{- if or $values.nats.deploy $values.nats.existingSecret }}
DAYBOOK_NATS_USER: {{ $.natsUser | default $.component }}
{{- end }}
{{- if $values.nats.caSecret.name }}
DAYBOOK_NATS_CA_FILE: /run/secrets/daybook-nats-ca/ca.crt
{{- end }}
{{- else if and (eq $need "tls") (ne $values.tls.mode "off") }}
DAYBOOK_TLS_CERT_FILE: /run/secrets/daybook-tls/tls.crt
DAYBOOK_TLS_KEY_FILE: /run/secrets/daybook-tls/tls.key
DAYBOOK_TLS_CA_FILE: /run/secrets/daybook-tls/ca.crt
{{- else if eq $need "scheduler" }}
DAYBOOK_SCHEDULER_TARGET: {{ $fullname }}-window-scheduler:9090
{{- else if eq $need "journal" }}
DAYBOOK_JOURNAL_TARGET: {{ $fullname }}-journal:9090
{{- else if eq $need "gemini" }}
GEMINI_MODEL: {{ $values.gemini.model }}
{{- if $values.emulators.deploy }}
GEMINI_BASE_URL: http://{{ $fullname }}-emulators-gemini:8084
{{- end }}
{{- else if eq $need "public-url" }}
PUBLIC_URL: {{ include "daybook.publicUrl" $.root }}
DAYBOOK_ORCHESTRATOR: {{ $values.voiceGateway.orchestrator }}
DAYBOOK_MAX_CALL_S: {{ $values.voiceGateway.maxCallSeconds }}
{{- end }}
{{- end }}
{{- include (printf "daybook.settings.%s" (.settingsOf | default .component)) . }}
{{- if not .settingsOf }}
{{- with .values.settings }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "daybook.settings.window-scheduler" }}
DAYBOOK_PEOPLE_KEY_FILE: /run/secrets/daybook-keys/people
DAYBOOK_TICK_PERIOD_S: {{ .values.tick.periodSeconds }}
DAYBOOK_STREAM_REPLICAS: {{ .root.Values.nats.streamReplicas }}
DAYBOOK_CALLING_HOURS_START: {{ .values.callingHours.start | quote }}
DAYBOOK_CALLING_HOURS_END: {{ .values.callingHours.end | quote }}
DAYBOOK_DIALS_A_DAY: {{ .values.dialsPerDay }}
{{- end -}}

{{- define "daybook.settings.window-scheduler-tick" }}
DAYBOOK_TICK_PERIOD_S: {{ .values.tick.periodSeconds }}
DAYBOOK_STREAM_REPLICAS: {{ .root.Values.nats.streamReplicas }}
{{- end -}}

{{- define "daybook.settings.call-dispatcher" }}
TWILIO_ACCOUNT_SID: {{ include "daybook.accountSid" .root }}
TWILIO_FROM_NUMBER: {{ include "daybook.fromNumber" .root | quote }}
TWILIO_API_URL: {{ include "daybook.twilioApiUrl" .root }}
DAYBOOK_CALLS_PER_SECOND: {{ .values.callsPerSecond }}
DAYBOOK_DIALS_AT_ONCE: {{ .values.dialsAtOnce }}
DAYBOOK_RING_S: {{ .values.ringSeconds }}
DAYBOOK_SWEEP_PERIOD_S: {{ .values.sweepPeriodSeconds }}
DAYBOOK_MAX_ATTEMPTS: {{ .values.maxAttempts }}
{{- if .values.retryPolicy }}
DAYBOOK_RETRY_POLICY_FILE: /etc/daybook/retries/policy.yaml
{{- end }}
{{- end -}}

{{- define "daybook.settings.voice-gateway" }}
{{- $values := .root.Values }}
{{- $fullname := include "daybook.fullname" .root }}
DAYBOOK_HTTP_HOST: 0.0.0.0
DAYBOOK_HTTP_PORT: 8000
DAYBOOK_GRPC_HOST: 0.0.0.0
DAYBOOK_GRPC_PORT: 9090
DAYBOOK_OPERATOR_NAME: {{ .values.operatorName | quote }}
DAYBOOK_CALLS_AT_ONCE: {{ .values.callsAtOnce }}
DAYBOOK_SPOOL_MIB: {{ .values.spoolMebibytes }}
DAYBOOK_SPEECH_LOCATION: {{ $values.google.speechLocation }}
DAYBOOK_SPEECH_MODEL: {{ $values.google.speechModel }}
DAYBOOK_VOICE: {{ $values.google.voice }}
{{- with $values.google.project }}
GOOGLE_CLOUD_PROJECT: {{ . | quote }}
{{- end }}
{{- if $values.emulators.deploy }}
GOOGLE_SPEECH_ENDPOINT: {{ $fullname }}-emulators-google-speech:8082
GOOGLE_TTS_ENDPOINT: {{ $fullname }}-emulators-google-tts:8083
DAYBOOK_FASTEST_AUDIO: {{ mulf 3 $values.emulators.timeFactor }}
{{- else if $values.google.existingSecret }}
GOOGLE_APPLICATION_CREDENTIALS: /run/secrets/google/key.json
{{- end }}
{{- end -}}

{{- define "daybook.settings.portal" }}
DAYBOOK_PORTAL_URL: {{ include "daybook.portalUrl" .root }}
DAYBOOK_SITE_HOST: 0.0.0.0
DAYBOOK_SITE_PORT: 8000
DAYBOOK_DISPATCHER_TARGET: {{ include "daybook.fullname" .root }}-call-dispatcher:9090
DAYBOOK_VOICE_GATEWAY_TARGET: {{ include "daybook.fullname" .root }}-voice-gateway:9090
{{- with .values.trustedProxies }}
DAYBOOK_TRUSTED_PROXIES: {{ join "," . | quote }}
{{- end }}
DAYBOOK_SESSION_IDLE_DAYS: {{ .values.sessionIdleDays }}
DAYBOOK_SESSION_DAYS: {{ .values.sessionDays }}
DAYBOOK_SIGN_IN_BY_CALL: {{ .values.signInByCall }}
{{- with .values.openid }}
{{- if .issuer }}
DAYBOOK_OPENID_ISSUER: {{ .issuer | quote }}
DAYBOOK_OPENID_CLIENT_ID: {{ .clientId | quote }}
{{- with .name }}
DAYBOOK_OPENID_NAME: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "daybook.settings.journal" }}
{{- with .values.kek }}
{{- if or .generate .existingSecret }}
DAYBOOK_KEK_FOLDER: /run/secrets/daybook-keks
{{- end }}
{{- with .active }}
DAYBOOK_KEK_ACTIVE: {{ . | quote }}
{{- end }}
{{- with .kms.keys }}
DAYBOOK_KMS_KEYS: {{ join "," . | quote }}
{{- end }}
{{- if and .kms.keys .kms.existingSecret }}
GOOGLE_APPLICATION_CREDENTIALS: /run/secrets/kms/key.json
{{- end }}
{{- end }}
DAYBOOK_OBJECT_STORE_URL: {{ .values.objectStore.url | default "file:///var/lib/daybook/recordings" }}
{{- end -}}

{{/* A migration needs the database and nothing else. */}}
{{- define "daybook.settings.migrate" }}
{{- end -}}

{{/* What the command `daybook` asks, for operators and for helm test. */}}
{{- define "daybook.settings.toolbox" }}
DAYBOOK_DISPATCHER_TARGET: {{ include "daybook.fullname" .root }}-call-dispatcher:9090
DAYBOOK_FULLNAME: {{ include "daybook.fullname" .root }}
DAYBOOK_OUTSIDE: {{ ternary "emulated" "real" .root.Values.emulators.deploy }}
{{- if .root.Values.portal.enabled }}
DAYBOOK_PORTAL_HEALTH_URL: http://{{ include "daybook.fullname" .root }}-portal:8080
{{- end }}
{{- with .root.Values.toolbox.prometheusUrl }}
DAYBOOK_PROMETHEUS_URL: {{ . }}
{{- end }}
{{- end -}}

{{- define "daybook.natsUrl" -}}
{{- if .Values.nats.deploy -}}nats://{{ include "daybook.fullname" . }}-nats:4222{{- else -}}{{ .Values.nats.url }}{{- end -}}
{{- end -}}

{{/* Where the carrier reaches voice-gateway: as given, inside the cluster for an emulated carrier, or by the host of the Ingress or HTTPRoute. */}}
{{- define "daybook.publicUrl" -}}
{{- if .Values.voiceGateway.publicUrl -}}
{{- trimSuffix "/" .Values.voiceGateway.publicUrl -}}
{{- else if .Values.emulators.deploy -}}
http://{{ include "daybook.fullname" . }}-voice-gateway:8000
{{- else if and .Values.ingress.enabled .Values.ingress.host -}}
https://{{ .Values.ingress.host }}
{{- else if and .Values.httpRoute.enabled .Values.httpRoute.hostnames -}}
https://{{ first .Values.httpRoute.hostnames }}
{{- end -}}
{{- end -}}

{{/* Where people reach the portal: as given, by the host of its Ingress or HTTPRoute, or in an evaluation by a port that kubectl forwards. */}}
{{- define "daybook.portalUrl" -}}
{{- with .Values.portal -}}
{{- if .url -}}
{{- trimSuffix "/" .url -}}
{{- else if and .ingress.enabled .ingress.host -}}
https://{{ .ingress.host }}
{{- else if and .httpRoute.enabled .httpRoute.hostnames -}}
https://{{ first .httpRoute.hostnames }}
{{- else if $.Values.emulators.deploy -}}
http://localhost:8080
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The host that its Ingress or HTTPRoute listens for, where none is given. */}}
{{- define "daybook.portalHost" -}}
{{- .Values.portal.ingress.host | default (urlParse (include "daybook.portalUrl" .)).hostname -}}
{{- end -}}

{{- define "daybook.accountSid" -}}
{{- if .Values.emulators.deploy -}}AC{{ repeat 32 "0" }}{{- else -}}{{ .Values.twilio.accountSid }}{{- end -}}
{{- end -}}

{{- define "daybook.fromNumber" -}}
{{- if .Values.emulators.deploy -}}+15005550006{{- else -}}{{ .Values.twilio.fromNumber }}{{- end -}}
{{- end -}}

{{- define "daybook.twilioApiUrl" -}}
{{- if .Values.emulators.deploy -}}http://{{ include "daybook.fullname" . }}-emulators-twilio:8081{{- else -}}{{ .Values.twilio.apiUrl }}{{- end -}}
{{- end -}}
