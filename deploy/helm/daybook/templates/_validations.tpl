{{/*
What cannot work is refused here, with what to do instead. values.schema.json looks at each value alone; here stands what it would
word badly, and what several values mean together; validations.yaml runs it with every render.
*/}}
{{- define "daybook.validate" -}}
{{- include "daybook.validate.tick" .Values.windowScheduler.tick -}}
{{- include "daybook.validate.retention" .Values.journal -}}
{{- include "daybook.validate.stores" . -}}
{{- include "daybook.validate.keys" . -}}
{{- include "daybook.validate.outside" . -}}
{{- include "daybook.validate.pods" . -}}
{{- include "daybook.validate.ways" . -}}
{{- include "daybook.validate.portal" . -}}
{{- end -}}

{{- define "daybook.validate.tick" -}}
{{- if eq .mode "cronJob" -}}
{{- include "daybook.validate.schedule" (dict "name" "windowScheduler.tick" "schedule" .schedule "timeZone" .timeZone) -}}
{{- $period := int .periodSeconds -}}
{{- $minutes := regexReplaceAll "^\\*(/([0-9]+))? \\* \\* \\* \\*$" .schedule "0${2}" -}}
{{- if regexMatch "^[0-9]+$" $minutes -}}
{{- $seconds := mul 60 (max 1 (atoi (trimPrefix "0" $minutes | default "1"))) -}}
{{- if ne (int $seconds) $period -}}
{{- fail (printf "windowScheduler.tick: the schedule %q runs every %d s, and periodSeconds is %d. A tick schedules what opens before the next one, so the two must agree: set periodSeconds: %d, or change the schedule." .schedule $seconds $period $seconds) -}}
{{- end -}}
{{- end -}}
{{- if and .activeDeadlineSeconds (ge (int .activeDeadlineSeconds) $period) -}}
{{- fail (printf "windowScheduler.tick.activeDeadlineSeconds: %d is not below the period of %d s: a tick that hangs would keep the next one from running. Leave it empty, or give less." (int .activeDeadlineSeconds) $period) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A schedule of a CronJob and its time zone. Takes a dict of name (of the block that holds both), schedule and timeZone. */}}
{{- define "daybook.validate.schedule" -}}
{{- $field := "(\\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[1-9][0-9]*)?" -}}
{{- $fields := printf "%s(,%s)*" $field $field -}}
{{- if not (regexMatch (printf "^%s( %s){4}$" $fields $fields) .schedule) -}}
{{- fail (printf "%s.schedule: %q is no schedule of cron. It has five fields, minute hour day month weekday: \"*/5 * * * *\" is every five minutes." .name .schedule) -}}
{{- end -}}
{{- $highest := list 59 23 31 12 7 -}}
{{- range $index, $part := splitList " " .schedule -}}
{{- range regexFindAll "[0-9]+" (regexReplaceAll "/[0-9]+" $part "") -1 -}}
{{- if gt (int .) (index $highest $index) -}}
{{- fail (printf "%s.schedule: %q is no schedule of cron: %s is more than %d, the highest in field %d. The fields are minute hour day month weekday." $.name $.schedule . (index $highest $index) (add $index 1)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]*)+)$" .timeZone) -}}
{{- fail (printf "%s.timeZone: %q is no time zone. Give its name in the tz database: Etc/UTC, Europe/Vienna, America/New_York." .name .timeZone) -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.retention" -}}
{{- $retention := .retention -}}
{{- include "daybook.validate.schedule" (dict "name" "journal.retention" "schedule" $retention.schedule "timeZone" $retention.timeZone) -}}
{{- if ge (int $retention.activeDeadlineSeconds) (int $retention.periodSeconds) -}}
{{- fail (printf "journal.retention.activeDeadlineSeconds: %d is not below the period of %d s: a run that hangs would keep the next one from running. Give less." (int $retention.activeDeadlineSeconds) (int $retention.periodSeconds)) -}}
{{- end -}}
{{- if and (not .objectStore.url) (eq .objectStore.accessMode "ReadWriteOncePod") (not $retention.suspend) -}}
{{- fail "journal.objectStore.accessMode: ReadWriteOncePod lets the pod of the journal alone into the volume, and that of retention has to delete recordings there. Set ReadWriteOnce (both pods then run on one node) or ReadWriteMany; or journal.retention.suspend: true, and nothing is ever removed by its age." -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.stores" -}}
{{- with .Values.nats -}}
{{- if and .deploy (or .url .existingSecret .caSecret.name) -}}
{{- fail "nats: deploy: true runs a NATS in the cluster, and nats.url, nats.existingSecret or nats.caSecret names another. Set nats.deploy: false to use your own, or leave these empty." -}}
{{- end -}}
{{- if and .deploy (gt (int .streamReplicas) 1) -}}
{{- fail "nats.streamReplicas: the NATS of this chart is one server and keeps each stream once. Set it to 1, or nats.deploy: false with a cluster of your own." -}}
{{- end -}}
{{- if not (or .deploy .url) -}}
{{- fail "nats: Daybook needs NATS with JetStream. Set nats.url: nats://host:4222 and nats.existingSecret for your own, or nats.deploy: true for an evaluation." -}}
{{- end -}}
{{- end -}}
{{- with .Values.postgresql -}}
{{- if and .deploy (or .existingSecret .caSecret.name) -}}
{{- fail "postgresql: deploy: true runs a PostgreSQL in the cluster, and postgresql.existingSecret or postgresql.caSecret names another. Set postgresql.deploy: false to use your own, or leave these empty." -}}
{{- end -}}
{{- end -}}
{{- range $name := concat (list "windowScheduler" "callDispatcher" "journal") (ternary (list "portal") list .Values.portal.enabled) -}}
{{- $own := (get $.Values $name).database.existingSecret -}}
{{- if and $.Values.postgresql.deploy $own -}}
{{- fail (printf "postgresql: deploy: true runs a PostgreSQL in the cluster, and %s.database.existingSecret names another. Set postgresql.deploy: false to use your own, or leave it empty." $name) -}}
{{- end -}}
{{- if not (or $.Values.postgresql.deploy $.Values.postgresql.existingSecret $own) -}}
{{- fail (printf "postgresql: %s has no database. Set postgresql.existingSecret to a Secret with its URL under the key %q (CloudNativePG makes one: <cluster>-app), or postgresql.deploy: true for an evaluation. By hand:\n  kubectl create secret generic daybook-database --namespace %s --from-literal=%s='postgresql://user:password@host:5432/daybook?sslmode=require'" $name $.Values.postgresql.key $.Release.Namespace $.Values.postgresql.key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.keys" -}}
{{- with .Values.journal.kek -}}
{{- if and .generate .existingSecret -}}
{{- fail "journal.kek: existingSecret names keys, and generate: true makes another. Give one of the two." -}}
{{- end -}}
{{- if and .generate .active (not .kms.keys) -}}
{{- fail "journal.kek.active: generate: true makes one key, which is the active one. Leave active empty; for a second key make a Secret of your own with both, and name it in existingSecret (docs/operating.md)." -}}
{{- end -}}
{{- if and .kms.existingSecret (not .kms.keys) -}}
{{- fail "journal.kek.kms.existingSecret: it opens keys of Google Cloud KMS, and kms.keys names none. Name them, or leave it empty." -}}
{{- end -}}
{{- if and (not .active) (gt (add (len .kms.keys) (ternary 1 0 (or .generate (ne .existingSecret "")))) 1) -}}
{{- fail "journal.kek.active: there are several key-encryption keys. Say which of them wraps new keys: its name in the Secret, or one of kms.keys." -}}
{{- end -}}
{{- if and (hasPrefix "projects/" .active) (not (has .active .kms.keys)) -}}
{{- fail (printf "journal.kek.active: %s is not among kms.keys. Name it there as well." .active) -}}
{{- end -}}
{{- if not (or .generate .existingSecret .kms.keys) -}}
{{- fail (printf "journal.kek: there is no key-encryption key. Without it nobody can read the journal again, so it is not made silently. Make one, keep a copy outside the cluster, and set journal.kek.existingSecret: daybook-kek\n  openssl rand -base64 32 > kek\n  kubectl create secret generic daybook-kek --namespace %s --from-file=kek\nFor an evaluation, journal.kek.generate: true makes one and keeps it. Keys of Google Cloud KMS are named in journal.kek.kms.keys." $.Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.outside" -}}
{{- if .Values.emulators.deploy -}}
{{- if or .Values.twilio.existingSecret .Values.twilio.accountSid .Values.twilio.fromNumber -}}
{{- fail "emulators.deploy: true emulates the carrier, and twilio.* names a real account. Set emulators.deploy: false to place real calls, or leave twilio.accountSid, fromNumber and existingSecret empty." -}}
{{- end -}}
{{- if or .Values.google.existingSecret .Values.google.workloadIdentity .Values.gemini.existingSecret -}}
{{- fail "emulators.deploy: true emulates Google Speech, Text-to-Speech and Gemini, and google.* or gemini.* names real credentials. Set emulators.deploy: false to use them, or leave google.existingSecret, google.workloadIdentity and gemini.existingSecret empty." -}}
{{- end -}}
{{- if .Values.voiceGateway.publicUrl -}}
{{- fail "emulators.deploy: true: the emulated carrier reaches voice-gateway inside the cluster. Leave voiceGateway.publicUrl empty." -}}
{{- end -}}
{{- else -}}
{{- if not (and .Values.twilio.existingSecret .Values.twilio.accountSid .Values.twilio.fromNumber) -}}
{{- fail (printf "twilio: calls need an account: set twilio.accountSid, twilio.fromNumber and twilio.existingSecret, or emulators.deploy: true to run without any account. The Secret:\n  kubectl create secret generic daybook-twilio --namespace %s --from-literal=%s=…" .Release.Namespace .Values.twilio.authTokenKey) -}}
{{- end -}}
{{- if not (or .Values.google.existingSecret .Values.google.workloadIdentity) -}}
{{- fail (printf "google: Speech and Text-to-Speech need credentials: set google.existingSecret, or google.workloadIdentity: true where the pod has an identity of its own. The Secret:\n  kubectl create secret generic daybook-google --namespace %s --from-file=%s=service-account.json" .Release.Namespace .Values.google.key) -}}
{{- end -}}
{{- if not .Values.gemini.existingSecret -}}
{{- fail (printf "gemini: the verdict needs a key: set gemini.existingSecret. The Secret:\n  kubectl create secret generic daybook-gemini --namespace %s --from-literal=%s=…" .Release.Namespace .Values.gemini.key) -}}
{{- end -}}
{{- if not (include "daybook.publicUrl" .) -}}
{{- fail "voiceGateway.publicUrl: Twilio must be told where it reaches voice-gateway. Set it to https://your.host, or enable ingress with a host, or httpRoute with hostnames." -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.pods" -}}
{{- with .Values.voiceGateway -}}
{{- $least := add .maxCallSeconds 90 -}}
{{- if and (not (kindIs "invalid" .terminationGracePeriodSeconds)) (lt (int .terminationGracePeriodSeconds) (int $least)) -}}
{{- fail (printf "voiceGateway.terminationGracePeriodSeconds: %d is too short: a call may last %d s (maxCallSeconds), and 90 s are needed to end it and the pod, so a rollout would hang up on people. Leave it empty, give at least %d, or shorten maxCallSeconds." (int .terminationGracePeriodSeconds) (int .maxCallSeconds) $least) -}}
{{- end -}}
{{- $callsAtOnce := int .callsAtOnce -}}
{{- range $scaler := list "autoscaling" "keda" -}}
{{- with get $.Values.voiceGateway $scaler -}}
{{- if and .enabled (ge (int .callsPerPod) $callsAtOnce) -}}
{{- fail (printf "voiceGateway.callsAtOnce: %d are no more than the calls that a pod is to hold on average (voiceGateway.%s.callsPerPod: %d), so pods would be full before one is added. Raise callsAtOnce, or lower callsPerPod." $callsAtOnce $scaler (int .callsPerPod)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .keda.enabled (not .keda.prometheusAddress) -}}
{{- fail "voiceGateway.keda: KEDA asks Prometheus for the calls in progress. Set voiceGateway.keda.prometheusAddress, http://prometheus-operated.monitoring:9090 for instance." -}}
{{- end -}}
{{- end -}}
{{- range $name := list "callDispatcher" "voiceGateway" "portal" -}}
{{- with get $.Values $name -}}
{{- if and .autoscaling.enabled (dig "keda" "enabled" false .) -}}
{{- fail (printf "%s: autoscaling and keda are both enabled, and would pull the number of pods to and fro. Enable one of them." $name) -}}
{{- end -}}
{{- range $scaler := list "autoscaling" "keda" -}}
{{- with get (get $.Values $name) $scaler -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.%s: minReplicas (%d) is more than maxReplicas (%d)." $name $scaler (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.callDispatcher.keda.enabled (not .Values.nats.deploy) (not .Values.callDispatcher.keda.natsMonitoringEndpoint) -}}
{{- fail "callDispatcher.keda: KEDA asks NATS for the calls that wait. Set callDispatcher.keda.natsMonitoringEndpoint to the monitoring address of your NATS, host:8222." -}}
{{- end -}}
{{- with .Values.journal -}}
{{- if and (gt (int .replicas) 1) (not .objectStore.url) (ne .objectStore.accessMode "ReadWriteMany") -}}
{{- fail (printf "journal.replicas: %d pods cannot share a volume of mode %s. Set journal.objectStore.url to an object store, or accessMode: ReadWriteMany, or replicas: 1." (int .replicas) .objectStore.accessMode) -}}
{{- end -}}
{{- end -}}
{{- with .Values.windowScheduler.callingHours -}}
{{- if ge .start .end -}}
{{- fail (printf "windowScheduler.callingHours: start (%s) is to lie before end (%s)." .start .end) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.ways" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host: an Ingress needs the host by which Twilio calls it. Set ingress.host: calls.example.org" -}}
{{- end -}}
{{- range $name := list "httpRoute" "grpcRoute" -}}
{{- with get $.Values $name -}}
{{- if and .enabled (not .parentRefs) -}}
{{- fail (printf "%s.parentRefs: a route belongs to a Gateway. Set %s.parentRefs: [{name: your-gateway, namespace: its-namespace}]" $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.grpcRoute.enabled (ne .Values.tls.mode "off") -}}
{{- fail (printf "grpcRoute: with tls.mode: %s the services ask a certificate of everyone, which a Gateway does not show. Set tls.mode: off or grpcRoute.enabled: false." .Values.tls.mode) -}}
{{- end -}}
{{- end -}}

{{- define "daybook.validate.portal" -}}
{{- with .Values.portal -}}
{{- if .enabled -}}
{{- $url := include "daybook.portalUrl" $ -}}
{{- if not $url -}}
{{- fail "portal.url: the portal must know where people reach it, for its links and its cookies. Set it to https://your.host, or enable portal.ingress with a host, or portal.httpRoute with hostnames. To do without the portal: portal.enabled: false." -}}
{{- end -}}
{{- if not (regexMatch "^https?://[^/?#@]+$" $url) -}}
{{- fail (printf "portal.url: %s is no address of a host alone. The portal has it to itself: https://journal.example.org, without a path." $url) -}}
{{- end -}}
{{- if and (hasPrefix "http://" $url) (not $.Values.emulators.deploy) -}}
{{- fail (printf "portal.url: %s has no TLS, and what people said and the cookies that open it would travel in clear. Set it to https://…, where an Ingress, a Gateway or a load balancer has the certificate." $url) -}}
{{- end -}}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) -}}
{{- fail "portal.httpRoute.parentRefs: a route belongs to a Gateway. Set portal.httpRoute.parentRefs: [{name: your-gateway, namespace: its-namespace}]" -}}
{{- end -}}
{{- if not (or .signInByCall .openid.issuer) -}}
{{- fail "portal.signInByCall: it is off, and portal.openid.issuer names no provider: people could not sign in. Set one of them." -}}
{{- end -}}
{{- with .openid -}}
{{- if .issuer -}}
{{- if not (regexMatch "^https://[^/?#@]+(/[^?#]*)?$" .issuer) -}}
{{- fail (printf "portal.openid.issuer: %s is no issuer. Give the provider's own address as it writes it, https://accounts.example.org, without a query." .issuer) -}}
{{- end -}}
{{- if not (and .clientId .existingSecret) -}}
{{- fail "portal.openid: the provider must know who asks. Register Daybook there, and set portal.openid.clientId and portal.openid.existingSecret." -}}
{{- end -}}
{{- else if or .clientId .existingSecret -}}
{{- fail "portal.openid: clientId and existingSecret are given, and no issuer at which they are. Set portal.openid.issuer, or leave them empty." -}}
{{- end -}}
{{- end -}}
{{- if gt (int .sessionIdleDays) (int .sessionDays) -}}
{{- fail (printf "portal.sessionIdleDays: %d is more than sessionDays (%d), after which one has to sign in again in any case. Give less." (int .sessionIdleDays) (int .sessionDays)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
