{{/* What nats-server reads. Each user may say and hear what its work needs, as files/nats-permissions.yaml tells. */}}
{{- define "daybook.natsConfiguration" -}}
server_name: {{ include "daybook.fullname" . }}-nats
listen: "0.0.0.0:4222"
http: "0.0.0.0:8222"
# a message is on the disk before it is confirmed
jetstream { store_dir: /data, sync_interval: always }
# the passwords as variables, from a Secret
include passwords.conf
authorization {
  users: [
{{- range $user, $may := .Files.Get "files/nats-permissions.yaml" | fromYaml }}
    {
      user: {{ $user }}
      password: ${{ include "daybook.natsPasswordVariable" $user }}
      permissions: {
        publish: { allow: {{ toRawJson $may.publish }} }
        subscribe: { allow: {{ toRawJson $may.subscribe }} }
      }
    }
{{- end }}
  ]
}
{{- end -}}

{{/* Takes a dict of users and their passwords. */}}
{{- define "daybook.natsPasswords" -}}
{{- range $user, $password := . }}
{{ include "daybook.natsPasswordVariable" $user }}: {{ $password | quote }}
{{- end }}
{{- end -}}

{{- define "daybook.natsPasswordVariable" -}}
PASSWORD_{{ . | upper | replace "-" "_" }}
{{- end -}}
