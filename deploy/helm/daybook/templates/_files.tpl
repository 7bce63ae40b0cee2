{{/*
What is mounted into a container: /tmp, and a file for each secret that the component `needs`.
  /run/secrets/daybook        one file a setting, named like its variable (DAYBOOK_SECRETS_DIR)
  /run/secrets/daybook-keys   the people key
  /run/secrets/daybook-keks   the key-encryption keys, a file each
  /run/secrets/daybook-tls    certificate, key and authority for gRPC
  /etc/daybook/retries        call-dispatcher's retry policy, where the values give one
*/}}

{{- define "daybook.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with include "daybook.secretSources" . }}
- name: settings
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- $values := .root.Values }}
{{- $fullname := include "daybook.fullname" .root }}
{{- range $need := .needs }}
{{- if eq $need "people-key" }}
{{- $key := $values.windowScheduler.peopleKey }}
- name: keys
  secret:
    secretName: {{ $key.existingSecret | default (printf "%s-people-key" $fullname) }}
    defaultMode: 0440
    items:
      - key: {{ $key.key }}
        path: people
{{- else if eq $need "kek" }}
{{- $key := $values.journal.kek }}
{{- if or $key.generate $key.existingSecret }}
- name: keks
  secret:
    secretName: {{ $key.existingSecret | default (printf "%s-kek" $fullname) }}
    defaultMode: 0440
{{- end }}
{{- if and $key.kms.keys $key.kms.existingSecret }}
- name: kms
  secret:
    secretName: {{ $key.kms.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ $key.kms.key }}
        path: key.json
{{- end }}
{{- else if and (eq $need "tls") (ne $values.tls.mode "off") }}
- name: tls
  secret:
    secretName: {{ $fullname }}-{{ $.tlsOf | default $.component }}-tls
    defaultMode: 0440
{{- else if and (eq $need "nats") $values.nats.caSecret.name }}
- name: nats-ca
  secret:
    secretName: {{ $values.nats.caSecret.name }}
    items:
      - key: {{ $values.nats.caSecret.key }}
        path: ca.crt
{{- else if and (eq $need "database") $values.postgresql.caSecret.name }}
- name: database-ca
  secret:
    secretName: {{ $values.postgresql.caSecret.name }}
    items:
      - key: {{ $values.postgresql.caSecret.key }}
        path: ca.crt
{{- else if and (eq $need "google") $values.google.existingSecret }}
- name: google
  secret:
    secretName: {{ $values.google.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ $values.google.key }}
        path: key.json
{{- else if and (eq $need "retry-policy") $values.callDispatcher.retryPolicy }}
- name: retry-policy
  configMap:
    name: {{ $fullname }}-retry-policy
{{- else if and (eq $need "recordings") (not $values.journal.objectStore.url) }}
- name: recordings
  persistentVolumeClaim:
    claimName: {{ $fullname }}-recordings
{{- end }}
{{- end }}
{{- end -}}

{{/* `secret` names the only file of /run/secrets/daybook that a container is given, where it does not need them all. */}}
{{- define "daybook.volumeMounts" -}}
{{- $values := .root.Values -}}
- name: tmp
  mountPath: /tmp
{{- if include "daybook.secretSources" . }}
- name: settings
  {{- if .secret }}
  mountPath: /run/secrets/daybook/{{ .secret }}
  subPath: {{ .secret }}
  {{- else }}
  mountPath: /run/secrets/daybook
  {{- end }}
  readOnly: true
{{- end }}
{{- range $need := .needs }}
{{- if eq $need "people-key" }}
- name: keys
  mountPath: /run/secrets/daybook-keys
  readOnly: true
{{- else if eq $need "kek" }}
{{- if or $values.journal.kek.generate $values.journal.kek.existingSecret }}
- name: keks
  mountPath: /run/secrets/daybook-keks
  readOnly: true
{{- end }}
{{- if and $values.journal.kek.kms.keys $values.journal.kek.kms.existingSecret }}
- name: kms
  mountPath: /run/secrets/kms
  readOnly: true
{{- end }}
{{- else if and (eq $need "tls") (ne $values.tls.mode "off") }}
- name: tls
  mountPath: /run/secrets/daybook-tls
  readOnly: true
{{- else if and (eq $need "nats") $values.nats.caSecret.name }}
- name: nats-ca
  mountPath: /run/secrets/daybook-nats-ca
  readOnly: true
{{- else if and (eq $need "database") $values.postgresql.caSecret.name }}
- name: database-ca
  mountPath: /run/secrets/daybook-database-ca
  readOnly: true
{{- else if and (eq $need "google") $values.google.existingSecret }}
- name: google
  mountPath: /run/secrets/google
  readOnly: true
{{- else if and (eq $need "retry-policy") $values.callDispatcher.retryPolicy }}
- name: retry-policy
  mountPath: /etc/daybook/retries
  readOnly: true
{{- else if and (eq $need "recordings") (not $values.journal.objectStore.url) }}
- name: recordings
  mountPath: /var/lib/daybook/recordings
{{- end }}
{{- end }}
{{- end -}}

{{/* The files of /run/secrets/daybook, each from the Secret that holds it. */}}
{{- define "daybook.secretSources" -}}
{{- $values := .root.Values -}}
{{- $fullname := include "daybook.fullname" .root -}}
{{- range $need := .needs }}
{{- if eq $need "database" }}
{{- $own := $.values.database | default dict }}
- secret:
    {{- if $own.existingSecret }}
    name: {{ $own.existingSecret }}
    {{- else }}
    name: {{ $values.postgresql.existingSecret | default (printf "%s-postgresql" $fullname) }}
    {{- end }}
    items:
      - key: {{ $own.key | default $values.postgresql.key }}
        path: DAYBOOK_DATABASE_URL
{{- else if and (eq $need "nats") (or $values.nats.deploy $values.nats.existingSecret) }}
- secret:
    name: {{ $values.nats.existingSecret | default (printf "%s-nats-users" $fullname) }}
    items:
      - key: {{ $.natsUser | default $.component }}
        path: DAYBOOK_NATS_PASSWORD
{{- else if and (eq $need "nats-operator") (or $values.nats.deploy $values.nats.existingSecret) }}
- secret:
    name: {{ $values.nats.existingSecret | default (printf "%s-nats-users" $fullname) }}
    # without it dead letters are told of, and not sent again
    optional: true
    items:
      - key: operator
        path: DAYBOOK_NATS_OPERATOR_PASSWORD
{{- else if eq $need "twilio" }}
- secret:
    name: {{ include "daybook.twilioSecret" $.root }}
    items:
      - key: {{ $values.twilio.authTokenKey }}
        path: TWILIO_AUTH_TOKEN
{{- else if and (eq $need "twilio-secondary") $values.twilio.secondaryAuthTokenKey }}
- secret:
    name: {{ include "daybook.twilioSecret" $.root }}
    items:
      - key: {{ $values.twilio.secondaryAuthTokenKey }}
        path: TWILIO_SECONDARY_AUTH_TOKEN
{{- else if eq $need "journal" }}
- secret:
    name: {{ include "daybook.journalCallersSecret" $.root }}
    items:
      - key: {{ $.natsUser | default $.component }}
        path: DAYBOOK_JOURNAL_SECRET
{{- else if eq $need "journal-callers" }}
- secret:
    name: {{ include "daybook.journalCallersSecret" $.root }}
    items:
      - key: voice-gateway
        path: DAYBOOK_VOICE_GATEWAY_SECRET
      - key: portal
        path: DAYBOOK_PORTAL_SECRET
      - key: toolbox
        path: DAYBOOK_TOOLBOX_SECRET
{{- else if and (eq $need "openid") $values.portal.openid.issuer }}
- secret:
    name: {{ $values.portal.openid.existingSecret }}
    items:
      - key: {{ $values.portal.openid.key }}
        path: DAYBOOK_OPENID_CLIENT_SECRET
{{- else if eq $need "gemini" }}
- secret:
    name: {{ $values.gemini.existingSecret | default (printf "%s-emulated-accounts" $fullname) }}
    items:
      - key: {{ $values.gemini.key }}
        path: GEMINI_API_KEY
{{- end }}
{{- end }}
{{- end -}}

{{- define "daybook.journalCallersSecret" -}}
{{- .Values.journal.callers.existingSecret | default (printf "%s-journal-callers" (include "daybook.fullname" .)) -}}
{{- end -}}

{{- define "daybook.twilioSecret" -}}
{{- .Values.twilio.existingSecret | default (printf "%s-emulated-accounts" (include "daybook.fullname" .)) -}}
{{- end -}}

{{/*
A value of a Secret in base64: what the cluster's Secret holds already, else a new one. `lookup` finds nothing in
`helm template` and under Argo CD, which would make another value each time: there, give an existingSecret.
Takes a dict of root, name (of the Secret), key and new.
*/}}
{{- define "daybook.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .name | default dict -}}
{{- dig "data" .key (.new | b64enc) $secret -}}
{{- end -}}

{{/* Labels and annotations of a Secret that is made once and kept. */}}
{{- define "daybook.keptMetadata" -}}
labels:
  {{- include "daybook.labels" . | nindent 2 }}
annotations:
  helm.sh/resource-policy: keep
{{- end -}}
