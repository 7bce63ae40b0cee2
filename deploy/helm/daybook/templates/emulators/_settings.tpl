{{- define "daybook.emulator.twilio" -}}
- name: DAYBOOK_EMULATOR_ACCOUNT_SID
  value: {{ include "daybook.accountSid" . }}
- name: DAYBOOK_EMULATOR_FROM_NUMBERS
  value: {{ include "daybook.fromNumber" . | quote }}
# made by the chart and worth nothing outside this namespace; emulators read no secret files
- name: DAYBOOK_EMULATOR_AUTH_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ include "daybook.twilioSecret" . }}
      key: {{ .Values.twilio.authTokenKey }}
- name: DAYBOOK_EMULATOR_DEFAULT_PERSONA
  value: {{ .Values.emulators.persona }}
- name: DAYBOOK_EMULATOR_VOICE
  value: wordcode
{{- end -}}

{{- define "daybook.emulator.google-speech" -}}
- name: DAYBOOK_EMULATOR_ENGINE
  value: wordcode
{{- end -}}

{{- define "daybook.emulator.google-tts" -}}
- name: DAYBOOK_EMULATOR_VOICE
  value: wordcode
{{- end -}}

{{- define "daybook.emulator.gemini" -}}
- name: DAYBOOK_EMULATOR_ENGINE
  value: honest
{{- end -}}
