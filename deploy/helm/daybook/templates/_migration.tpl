{{/*
A Job that brings a service's schema to its program's revision. It is no hook, so that `helm install --wait` does not wait for it
before the database is there; the pods that need the schema wait for it by themselves. A Job cannot be changed, so its
name follows from all that it is made of, and from the release's revision: each upgrade has its own.
*/}}
{{- define "daybook.migration" -}}
{{- $component := printf "%s-migrate" .component -}}
{{- $this := dict "root" .root "component" $component "values" .values "needs" (list "database") "settingsOf" "migrate"
  "account" (printf "%s-%s" (include "daybook.fullname" .root) .component) -}}
{{- $spec := include "daybook.migrationSpec" $this -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "daybook.fullname" .root }}-{{ $component }}-{{ printf "%d %s" .root.Release.Revision $spec | sha256sum | trunc 8 }}
  labels:
    {{- include "daybook.labels" $this | nindent 4 }}
spec:
  {{- $spec | nindent 2 }}
{{- end -}}

{{- define "daybook.migrationSpec" -}}
{{- with .root.Values.migrations -}}
backoffLimit: {{ .backoffLimit }}
activeDeadlineSeconds: {{ .activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ .ttlSecondsAfterFinished }}
{{- end }}
template:
  metadata:
    {{- include "daybook.podMetadata" . | nindent 4 }}
  spec:
    {{- include "daybook.podSpec" . | nindent 4 }}
    restartPolicy: OnFailure
    containers:
      - name: migrate
        image: {{ include "daybook.image" . }}
        imagePullPolicy: {{ .root.Values.image.pullPolicy }}
        args: [migrate]
        env:
          {{- include "daybook.env" . | nindent 10 }}
        {{- include "daybook.envFrom" . | nindent 8 }}
        resources:
          {{- toYaml .root.Values.migrations.resources | nindent 10 }}
        securityContext:
          {{- include "daybook.containerSecurity" . | nindent 10 }}
        volumeMounts:
          {{- include "daybook.volumeMounts" . | nindent 10 }}
    volumes:
      {{- include "daybook.volumes" . | nindent 6 }}
{{- end -}}
