{{/*
What is the same in every pod. Each template takes `this`, a dict that says whose pod it is:
  root       the chart's own scope, `$`
  component  the name of the part, as in the names of its objects: journal, window-scheduler-tick …
  values     its block of values.yaml
  needs      what it is given, each with its settings, files and room in the pod: see _settings.tpl and _files.tpl
*/}}

{{/* An image: registry/repository:tag@digest, as far as they are given. `foreign` is true for one that is not Daybook's own. */}}
{{- define "daybook.image" -}}
{{- $common := .root.Values.image -}}
{{- $image := .values.image -}}
{{- if and $common.registry (not .foreign) -}}{{ trimSuffix "/" $common.registry }}/{{- end -}}
{{- $image.repository }}:{{ $image.tag | default $common.tag | default .root.Chart.AppVersion -}}
{{- with $image.digest -}}@{{ . }}{{- end -}}
{{- end -}}

{{/* The metadata of a pod. The chart's version is not in it: a new chart restarts only what it changes. */}}
{{- define "daybook.podMetadata" -}}
labels:
  {{- include "daybook.selectorLabels" . | nindent 2 }}
  app.kubernetes.io/part-of: daybook
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.values.podAnnotations | default dict) (.annotations | default dict) }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How a pod runs and where. `account` names another ServiceAccount than the component's; `spread` is true for a service of several replicas. */}}
{{- define "daybook.podSpec" -}}
serviceAccountName: {{ .account | default (printf "%s-%s" (include "daybook.fullname" .root) .component) }}
automountServiceAccountToken: {{ .talksToKubernetes | default false }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .spread }}
topologySpreadConstraints:
  {{- with .values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "daybook.selectorLabels" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The restricted Pod Security Standard, with nothing to write but what is mounted. */}}
{{- define "daybook.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* A container that waits until the migration Job has brought the schema to this program's revision. */}}
{{- define "daybook.waitForSchema" -}}
{{- $this := merge (dict "needs" (list "database") "settingsOf" "migrate" "secret" "DAYBOOK_DATABASE_URL") . -}}
name: wait-for-schema
image: {{ include "daybook.image" $this }}
imagePullPolicy: {{ $this.root.Values.image.pullPolicy }}
args: [wait-for-schema]
env:
  {{- include "daybook.env" $this | nindent 2 }}
{{- include "daybook.envFrom" $this }}
resources:
  {{- toYaml $this.root.Values.migrations.resources | nindent 2 }}
securityContext:
  {{- include "daybook.containerSecurity" $this | nindent 2 }}
volumeMounts:
  {{- include "daybook.volumeMounts" $this | nindent 2 }}
{{- end -}}

{{/* Ports of a service that answers gRPC: its work, its probes in clear, its metrics. */}}
{{- define "daybook.grpcPorts" -}}
ports:
  - name: grpc
    containerPort: 9090
  - name: probes
    containerPort: 9091
  - name: http
    containerPort: 8080
{{- end -}}

{{/* Probes of a service that answers gRPC. Liveness asks no other party; readiness asks what /readyz asks. */}}
{{- define "daybook.grpcProbes" -}}
startupProbe:
  grpc:
    port: 9091
    service: liveness
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  grpc:
    port: 9091
    service: liveness
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  grpc:
    port: 9091
    service: readiness
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* The same for one that answers HTTP alone. */}}
{{- define "daybook.httpProbes" -}}
startupProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* A pause before SIGTERM, in which the pod disappears from the endpoints. There is no shell in the images. */}}
{{- define "daybook.preStop" -}}
preStop:
  {{- if semverCompare ">=1.30-0" .root.Capabilities.KubeVersion.Version }}
  sleep:
    seconds: 5
  {{- else }}
  exec:
    command: [python, -c, "import time; time.sleep(5)"]
  {{- end }}
{{- end -}}
