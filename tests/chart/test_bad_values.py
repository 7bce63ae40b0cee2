"""Values that cannot work are refused by both Helms before anything is installed, with the sentence that helps."""

from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from chart.rendering import CI_FILES, HELMS, OLDEST, NotRendered, template, template_with


@dataclass(frozen=True)
class Bad:
    """Values, laid over those of a file of ci/, and what the refusal has to say of them."""

    base: str
    values: str
    told: tuple[str, ...]

    def over(self) -> dict[str, Any]:
        return yaml.safe_load(self.values)


def bad(base: str, values: str, *told: str) -> Bad:
    return Bad(base, values, told)


KEYS_AND_TYPES = {
    "a typo": bad("minimal", "journal: {replica: 2}", "replica", "not allowed"),
    "a typo at the top": bad("minimal", "jurnal: {}", "jurnal", "not allowed"),
    "a typo deep down": bad(
        "minimal", "monitoring: {rules: {kubeStateMetrics: {enable: true}}}", "enable", "not allowed"
    ),
    "a setting that nobody reads": bad(
        "minimal", "journal: {settings: {DAYBOOK_SESION_GRACE_S: 20}}", "DAYBOOK_SESION_GRACE_S"
    ),
    "a text for a number": bad("minimal", "journal: {replicas: two}", "replicas", "integer"),
    "a negative number": bad("minimal", "journal: {replicas: -1}", "replicas"),
    "a log level that is none": bad("minimal", "logLevel: loud", "logLevel", "debug"),
    "no call at once": bad("minimal", "voiceGateway: {callsAtOnce: 0}", "callsAtOnce"),
    "an orchestrator that is none": bad("minimal", "voiceGateway: {orchestrator: robot}", "orchestrator", "standard"),
    "a TLS mode that is none": bad("minimal", "tls: {mode: maybe}", "mode", "certManager"),
    "an outcome that is never tried again": bad(
        "minimal", "callDispatcher: {retryPolicy: {outcomes: {reflected: {attempts: 2, delays_s: [60]}}}}", "reflected"
    ),
    "a delay of no time": bad(
        "minimal", "callDispatcher: {retryPolicy: {outcomes: {busy: {attempts: 2, delays_s: [0]}}}}", "delays_s", "0"
    ),
    "a retry policy of jitter alone": bad("minimal", "callDispatcher: {retryPolicy: {jitter: 0.2}}", "outcomes"),
    "a port for an address": bad("minimal", "nats: {url: 'http://nats:4222'}", "url"),
}

SCHEDULES = {
    "a cron that is none": bad(
        "minimal", "windowScheduler: {tick: {schedule: every five minutes}}", "is no schedule of cron", "five fields"
    ),
    "an hour that is none": bad("minimal", "windowScheduler: {tick: {schedule: '*/5 99 * * *'}}", "99 is more than 23"),
    "a time zone that is none": bad(
        "minimal", "windowScheduler: {tick: {timeZone: 'five past noon'}}", "is no time zone", "Europe/Vienna"
    ),
    "a period that is not the schedule's": bad(
        "minimal", "windowScheduler: {tick: {periodSeconds: 600}}", "set periodSeconds: 300"
    ),
    "a schedule of retention that is none": bad(
        "minimal", "journal: {retention: {schedule: daily}}", "journal.retention.schedule", "is no schedule of cron"
    ),
    "a retention longer than its period": bad(
        "minimal", "journal: {retention: {activeDeadlineSeconds: 86400}}", "not below the period of 86400 s"
    ),
    "a volume that retention cannot reach": bad(
        "minimal", "journal: {objectStore: {accessMode: ReadWriteOncePod}}", "Set ReadWriteOnce", "retention.suspend"
    ),
    "a tick longer than its period": bad(
        "minimal", "windowScheduler: {tick: {activeDeadlineSeconds: 300}}", "not below the period of 300 s"
    ),
    "a start that Kubernetes may never see": bad(
        "minimal", "windowScheduler: {tick: {startingDeadlineSeconds: 5}}", "startingDeadlineSeconds", "10"
    ),
    "calling hours the wrong way round": bad(
        "minimal",
        "windowScheduler: {callingHours: {start: '21:00', end: '08:00'}}",
        "start (21:00) is to lie before end (08:00)",
    ),
}

PODS = {
    "a grace period too short": bad(
        "minimal",
        "voiceGateway: {terminationGracePeriodSeconds: 60}",
        "60 is too short",
        "hang up on people",
        "at least 1890",
    ),
    "both HPA and KEDA": bad(
        "minimal",
        "callDispatcher: {autoscaling: {enabled: true}, keda: {enabled: true, natsMonitoringEndpoint: 'nats:8222'}}",
        "callDispatcher: autoscaling and keda are both enabled",
    ),
    "both for the gateway": bad(
        "minimal",
        "voiceGateway: {autoscaling: {enabled: true}, keda: {enabled: true, prometheusAddress: 'http://prometheus:9090'}}",
        "voiceGateway: autoscaling and keda are both enabled",
    ),
    "KEDA without a Prometheus": bad(
        "minimal", "voiceGateway: {keda: {enabled: true}}", "Set voiceGateway.keda.prometheusAddress"
    ),
    "KEDA without NATS to ask": bad(
        "minimal", "callDispatcher: {keda: {enabled: true}}", "keda.natsMonitoringEndpoint"
    ),
    "less at most than at least": bad(
        "minimal",
        "voiceGateway: {autoscaling: {enabled: true, minReplicas: 5, maxReplicas: 2}}",
        "minReplicas (5) is more than maxReplicas (2)",
    ),
    "pods that are full before one is added": bad(
        "minimal",
        "voiceGateway: {callsAtOnce: 20, autoscaling: {enabled: true}}",
        "voiceGateway.callsAtOnce: 20",
        "voiceGateway.autoscaling.callsPerPod: 20",
    ),
    "two pods on one volume": bad(
        "minimal", "journal: {replicas: 2}", "2 pods cannot share a volume", "objectStore.url"
    ),
}

STORES_AND_KEYS = {
    "a NATS of its own and another": bad(
        "evaluation", "nats: {url: 'nats://nats.example.org:4222'}", "Set nats.deploy: false"
    ),
    "no NATS": bad("minimal", "nats: {url: ''}", "needs NATS with JetStream", "nats.deploy: true"),
    "a PostgreSQL of its own and another": bad(
        "evaluation", "postgresql: {existingSecret: daybook-db}", "Set postgresql.deploy: false"
    ),
    "a PostgreSQL of its own and one of a service's": bad(
        "evaluation",
        "journal: {database: {existingSecret: journal-db}}",
        "journal.database.existingSecret names another",
    ),
    "no database": bad("minimal", "postgresql: {existingSecret: ''}", "has no database", "kubectl create secret"),
    "no key-encryption key": bad(
        "minimal",
        "journal: {kek: {existingSecret: ''}}",
        "no key-encryption key",
        "not made silently",
        "openssl rand -base64 32",
    ),
    "two key-encryption keys": bad("minimal", "journal: {kek: {generate: true}}", "Give one of the two"),
    "one of a single key-encryption key": bad(
        "evaluation", "journal: {kek: {active: kek-2026-11}}", "generate: true makes one key", "Leave active empty"
    ),
    "several key-encryption keys and none named": bad(
        "minimal",
        "journal: {kek: {kms: {keys: [projects/p/locations/l/keyRings/r/cryptoKeys/k]}}}",
        "there are several key-encryption keys",
        "journal.kek.active",
    ),
    "an active key of KMS that is not named there": bad(
        "minimal",
        "journal: {kek: {active: projects/p/locations/l/keyRings/r/cryptoKeys/k}}",
        "is not among kms.keys",
    ),
    "credentials for no key of KMS": bad(
        "minimal", "journal: {kek: {kms: {existingSecret: daybook-kms}}}", "kms.keys names none"
    ),
    "a version in place of a key of KMS": bad(
        "minimal",
        "journal: {kek: {kms: {keys: [projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1]}}}",
        "keys",
    ),
    "a key-encryption key by a name that is passed over": bad("minimal", "journal: {kek: {active: .hidden}}", "active"),
}

OUTSIDE = {
    "an emulated carrier and a real account": bad(
        "evaluation", "twilio: {existingSecret: daybook-twilio}", "emulates the carrier", "emulators.deploy: false"
    ),
    "an emulated and a real Google": bad(
        "evaluation", "google: {existingSecret: daybook-google}", "emulates Google Speech", "emulators.deploy: false"
    ),
    "no account": bad("minimal", "twilio: {accountSid: ''}", "calls need an account", "emulators.deploy: true"),
    "no speech": bad("minimal", "google: {existingSecret: ''}", "Speech and Text-to-Speech need credentials"),
    "no verdict": bad("minimal", "gemini: {existingSecret: ''}", "set gemini.existingSecret"),
    "nowhere for the carrier to call": bad("minimal", "voiceGateway: {publicUrl: ''}", "Set it to https://your.host"),
    "an Ingress without a host": bad("minimal", "ingress: {enabled: true}", "Set ingress.host"),
    "a route without a Gateway": bad("minimal", "httpRoute: {enabled: true}", "a route belongs to a Gateway"),
    "a Gateway before mutual TLS": bad(
        "minimal", "{grpcRoute: {enabled: true, parentRefs: [{name: inside}]}, tls: {mode: chart}}", "tls.mode: off"
    ),
}

PORTAL = {
    "nowhere for people to come": bad(
        "minimal", "portal: {url: ''}", "portal.url", "Set it to https://your.host", "portal.enabled: false"
    ),
    "a path of another's host": bad("minimal", "portal: {url: 'https://example.org/journal'}", "without a path"),
    "a portal in clear": bad("minimal", "portal: {url: 'http://journal.example.org'}", "has no TLS"),
    "a portal's address that is none": bad("minimal", "portal: {url: journal.example.org}", "url"),
    "a portal's route without a Gateway": bad(
        "minimal", "portal: {httpRoute: {enabled: true}}", "Set portal.httpRoute.parentRefs"
    ),
    "a portal without a database": bad(
        "gateway-api", "portal: {database: {existingSecret: ''}}", "portal has no database"
    ),
    "less pods of the portal at most than at least": bad(
        "minimal",
        "portal: {autoscaling: {enabled: true, minReplicas: 9}}",
        "portal.autoscaling: minReplicas (9) is more than maxReplicas (6)",
    ),
    "an OpenID provider in clear": bad(
        "minimal",
        "portal: {openid: {issuer: 'http://accounts.example.org', clientId: a, existingSecret: b}}",
        "portal.openid.issuer",
        "Give the provider's own address as it writes it",
    ),
    "an OpenID provider that knows nobody": bad(
        "minimal", "portal: {openid: {issuer: 'https://accounts.example.org', clientId: a}}", "existingSecret"
    ),
    "no way to sign in": bad("minimal", "portal: {signInByCall: false}", "people could not sign in"),
    "an OpenID client of no provider": bad("minimal", "portal: {openid: {clientId: a}}", "Set portal.openid.issuer"),
    "idle for longer than signed in": bad(
        "minimal", "portal: {sessionIdleDays: 91}", "91 is more than sessionDays (90)"
    ),
}

ALL = KEYS_AND_TYPES | SCHEDULES | PODS | STORES_AND_KEYS | OUTSIDE | PORTAL


@pytest.mark.parametrize("program", HELMS)
@pytest.mark.parametrize("case", ALL)
def test_it_is_refused_with_the_sentence_that_helps(case, program):
    wrong = ALL[case]
    with pytest.raises(NotRendered) as refused:
        template_with(wrong.over(), base=CI_FILES[wrong.base], program=program)
    said = " ".join(str(refused.value).split())
    for words in wrong.told:
        assert words in said


@pytest.mark.parametrize("program", HELMS)
def test_nothing_at_all_is_answered_with_what_to_give(program):
    with pytest.raises(NotRendered) as refused:
        template(None, program)
    assert "nats.deploy: true for an evaluation" in str(refused.value)


@pytest.mark.parametrize("program", HELMS)
def test_an_older_kubernetes_is_refused(program):
    with pytest.raises(NotRendered) as refused:
        template(CI_FILES["minimal"], program, "1.28")
    assert f">={OLDEST}" in str(refused.value)
