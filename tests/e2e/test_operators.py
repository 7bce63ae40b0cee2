"""What an operator types beside a Daybook: `doctor`, `explain`, `agenda`, `deadletter`, `keeping`, `selftest` and more."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from forked_programs import typed
from pydantic import SecretStr

from chassis.nats_access import NatsAccess, connect_nats
from daybook_cli.demo import window_open_now, zone_at_day

pytestmark = pytest.mark.timeout(420)

NAME, NUMBER = "Quentin", "+12025550142"
WITHIN_S = 180


class Operator:
    """Somebody at a terminal, beside a Daybook of their own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.said = ""

    @property
    def running(self):
        return json.loads((self.folder / ".daybook" / "running.json").read_text())

    def types(self, *words, **settings):
        environment = {
            **os.environ,
            "DAYBOOK_HOME": str(self.folder / ".daybook"),
            "DAYBOOK_VOICES": "wordcode",
            "DAYBOOK_TIME_FACTOR": "10",
            "DAYBOOK_PERSONA": "brief",
            **settings,
        }
        status, out, err = asyncio.run(typed(*words, environment=environment))
        self.said += out + err
        return subprocess.CompletedProcess(words, status, out, err)

    def told(self, *words, **settings):
        done = self.types(*words, "--json", **settings)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def person(self, *consent):
        zone = zone_at_day(datetime.now(UTC))
        added = self.types("person", "add", "--name", NAME, "--phone", NUMBER, "--zone", zone.key, *consent)
        assert added.returncode == 0, added.stderr
        return added.stdout.strip(), zone

    def window_now(self, person, zone):
        times = window_open_now(datetime.now(UTC), zone)
        self.window(person, times.starts_at, times.ends_at, times.one_off.date)

    def window(self, person, starts_at, ends_at, date):
        added = self.types("window", "add", person, "--from", starts_at, "--to", ends_at, "--date", date)
        assert added.returncode == 0, added.stderr

    def until(self, holds):
        """Looks again until it holds: each look is a command, which takes its time."""
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            assert time.monotonic() < deadline, self.said[-2000:]

    @contextmanager
    def stopped(self, name):
        """A process that is there and does nothing, as one that hangs."""
        process = psutil.Process(self.running["pids"][name])
        family = [process, *process.children(recursive=True)]
        for each in family:
            each.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for each in reversed(family):
                each.send_signal(signal.SIGCONT)
            self.until(lambda: self.types("status").returncode == 0)


@pytest.fixture(scope="module")
def operator():
    with TemporaryDirectory(prefix="daybook-operated-") as folder:
        operator = Operator(folder)
        assert operator.types("status").returncode == 1
        up = operator.types("up")
        try:
            assert up.returncode == 0, up.stderr
            yield operator
        finally:
            down = operator.types("down")
        assert down.returncode == 0, down.stderr
        assert "not running" in operator.types("down").stdout


@pytest.fixture(scope="module")
def called_now(operator):
    """Somebody who is called at once, for a test, while other tests go on; and what the command will have told."""
    person, zone = operator.person("--consent")
    with ThreadPoolExecutor() as beside:
        yield person, zone, beside.submit(operator.types, "call-me-now", person)


def test_a_healthy_daybook_passes_every_look(operator):
    doctor = operator.types("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert [line for line in doctor.stdout.splitlines() if line[:2].strip().rstrip(".").isdigit()] == [
        "1. Are calls being scheduled?",
        "2. Are scheduled calls made?",
        "3. Are conversations held, through Google?",
        "4. Does what is said reach the journal?",
        "5. Do people reach their pages?",
    ]
    status = operator.types("status")
    assert status.returncode == 0
    assert "Last tick: " in status.stdout
    assert status.stdout.count("ready") == 12
    assert "Twilio (carrier): emulated" in status.stdout
    assert "Daybook runs here already" in operator.types("up").stderr


def test_somebody_is_given_a_window_and_a_link_to_the_portal(operator):
    [portal] = re.findall(r"The portal: (http://127\.0\.0\.1:\d+)\n", operator.types("status").stdout)
    person, _ = operator.person("--consent")
    operator.types("window", "add", person, "--from", "08:00", "--to", "09:00", "--days", "mon,fri")
    assert "mon,fri" in operator.types("window", "list", person).stdout
    [link] = operator.types("sign-in-link", person).stdout.splitlines()
    assert link.startswith(f"{portal}/sign-in/link/")
    nobody = operator.types("sign-in-link", "00000000-0000-4000-8000-000000000000")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    refused = operator.types("window", "add", person, "--from", "09:00", "--to", "08:00", "--days", "mon")
    assert refused.returncode == 1
    assert "times.ends_at" in refused.stderr
    assert "+1202" not in operator.types("person", "list").stdout


def test_the_supervisor_keeps_its_log_where_the_doctor_says(operator):
    assert "Starting voice-gateway" in operator.types("logs", "supervisor").stdout


def test_in_a_cluster_it_asks_where_the_settings_say_and_misses_kubernetes_alone(operator):
    running = operator.running
    urls = {name: address.removesuffix("/readyz") for name, address in running["health"].items()}
    secrets = operator.folder / "secrets"
    secrets.mkdir()
    password = (operator.folder / ".daybook" / "keys" / "nats-toolbox").read_text()
    (secrets / "DAYBOOK_NATS_PASSWORD").write_text(password)
    shared = (operator.folder / ".daybook" / "keys" / "journal-toolbox").read_text()
    (secrets / "DAYBOOK_JOURNAL_SECRET").write_text(shared)
    told = operator.told(
        "doctor",
        DAYBOOK_SCHEDULER_TARGET=running["scheduler"],
        DAYBOOK_DISPATCHER_TARGET=running["dispatcher"],
        DAYBOOK_JOURNAL_TARGET=running["journal"],
        DAYBOOK_SCHEDULER_URL=urls["window-scheduler"],
        DAYBOOK_DISPATCHER_URL=urls["call-dispatcher"],
        DAYBOOK_JOURNAL_URL=urls["journal"],
        DAYBOOK_GATEWAY_URL=urls["voice-gateway"],
        DAYBOOK_PORTAL_HEALTH_URL=urls["portal"],
        DAYBOOK_NATS_URL=running["nats_url"],
        DAYBOOK_NATS_USER="toolbox",
        DAYBOOK_SECRETS_DIR=str(secrets),
    )
    assert [it["term"] for it in told["findings"] if it["severity"] in {"warning", "failure"}] == ["kubernetes_silent"]
    assert told["status"] == 1


def test_a_selftest_makes_a_call_and_leaves_nothing_behind(operator):
    refused = operator.types("selftest")
    assert refused.returncode == 1
    assert "--emulated-carrier" in refused.stderr
    before = operator.types("person", "list").stdout
    done = operator.types("selftest", "--emulated-carrier", "--within", str(WITHIN_S))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The journal kept" in done.stdout
    assert operator.types("person", "list").stdout == before
    assert operator.told("doctor")["status"] == 0


def test_a_selftest_that_is_out_of_time_says_how_far_it_came_and_deletes_its_person_all_the_same(operator):
    before = operator.types("person", "list").stdout
    done = operator.types("selftest", "--emulated-carrier", "--within", "0.01")
    assert done.returncode == 1
    assert "Not within 0 s." in done.stderr
    assert operator.types("person", "list").stdout == before


@pytest.mark.usefixtures("called_now")
def test_a_reflected_call_is_explained_from_its_window_to_its_entry(operator):
    person, zone = operator.person("--consent")
    operator.window_now(person, zone)
    assert operator.types("tick").returncode == 0
    operator.until(lambda: "call_finished" in {it["term"] for it in operator.told("explain", person)["story"]})
    operator.until(lambda: "entry_kept" in {it["term"] for it in operator.told("explain", person)["story"]})
    told = operator.told("explain", person)
    assert told["verdict"] == "The day's call ended: reflected (reflection completed)."
    moments = [it for it in told["story"] if it["at"]]
    assert moments == sorted(moments, key=lambda it: datetime.fromisoformat(it["at"]))
    wanted = ["call_scheduled", "dial_allowed", "dialed", "session_began", "entry_kept"]
    assert [it["term"] for it in moments if it["term"] in wanted] == wanted
    assert {it["by"] for it in told["story"]} == {"window-scheduler", "call-dispatcher", "journal"}
    explained = operator.types("explain", person).stdout
    assert explained.count("Window ") == 1
    assert "the day's call was scheduled for it." in explained
    [day, *_] = operator.told("agenda", person)["days"]
    assert [chance["role"] for chance in day["chances"]] == ["CHANCE_ROLE_CALLED"]
    assert "The day's call was dialed, and has ended." in operator.types("agenda", person).stdout


def test_a_test_call_is_told_step_by_step_and_the_day_has_its_call_all_the_same(operator, called_now):
    person, zone, told = called_now
    made = told.result()
    assert made.returncode == 0, made.stdout + made.stderr
    for step in (
        "asked for, to be made",
        "Attempt 1 allowed.",
        "Attempt 1 handed to the carrier",
        "The call is over: reflected (reflection completed).",
        "The call was completed, and the journal keeps",
    ):
        assert step in made.stdout
    operator.window_now(person, zone)
    assert operator.types("tick").returncode == 0
    told = {it["term"]: it["sentence"] for it in operator.told("explain", person)["story"]}
    assert told["test_call_finished"] == "Test call 1: the call is over: reflected (reflection completed)."
    assert told["call_scheduled"]
    assert "A test call, which is not the day's: it ended as reflected." in operator.types("agenda", person).stdout


def test_who_reflected_finds_it_by_words_and_by_day(operator, called_now):
    person, _, told = called_now
    assert told.result().returncode == 0
    found = operator.types("entry", "search", person, "BROTH", '"baked bread"', "-snow")
    assert found.returncode == 0, found.stderr
    assert "and I baked bread in the evening." in found.stdout
    assert "I want to call my brother before work." in found.stdout
    assert operator.types("entry", "search", person, "bread", "-brother").stdout == "Nothing was found.\n"
    refused = operator.types("entry", "search", person, '"baked bread')
    assert (refused.returncode, "Close the phrase" in refused.stderr) == (1, True), refused.stderr
    calendar = operator.types("entry", "calendar", person, "--weeks", "2").stdout.splitlines()
    assert [line.count("■") for line in calendar[1:3]] == [0, 1], calendar
    assert calendar[3].startswith("1 day in a row, since ")
    refused = operator.types("entry", "calendar", person, "--zone", "CEST")
    assert (refused.returncode, "e.g. Europe/Paris" in refused.stderr) == (1, True), refused.stderr


def test_one_who_opted_out_and_one_who_never_consented_are_explained(operator):
    never, zone = operator.person()  # before the other, whose number is the same, opts out
    operator.window_now(never, zone)
    gone, zone = operator.person("--consent")
    operator.window_now(gone, zone)
    operator.types("person", "opt-out", gone)
    operator.types("tick")
    assert operator.told("explain", gone)["verdict"] == "No call: the person opted out."
    assert operator.told("explain", never)["verdict"] == "No call: the person had not consented to be called."


def test_a_window_that_is_not_open_in_its_persons_zone_is_explained(operator):
    person, zone = operator.person("--consent")
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date().isoformat()
    operator.window(person, "09:00", "10:00", tomorrow)
    operator.types("tick")
    today = operator.told("explain", person)
    assert today["verdict"] == "No call: it does not open on this day."
    assert f"it opens next on {tomorrow} at 09:00" in today["story"][0]["sentence"]
    then = operator.told("explain", person, "--day", tomorrow)
    assert "it is not open yet" in then["verdict"]


def test_the_agenda_says_when_the_next_call_comes_and_goes_into_a_calendar(operator):
    person, zone = operator.person("--consent")
    assert "has no call window" in operator.types("agenda", person).stdout
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date()
    operator.window(person, "09:00", "10:00", tomorrow.isoformat())
    assert f"The next call: {tomorrow:%a %Y-%m-%d}, 09:00" in operator.types("agenda", person, "--days", "2").stdout
    file = operator.folder / "windows.ics"
    assert operator.types("agenda", person, "--ical", str(file)).returncode == 0
    start = f"DTSTART;TZID={zone.key}:{tomorrow:%Y%m%d}T090000"
    assert f"{start}\r\n" in file.read_bytes().decode()
    assert start in operator.types("agenda", person, "--ical", "-").stdout
    operator.types("person", "opt-out", person)
    assert "they opted out" in operator.types("agenda", person).stdout


def test_nobody_and_no_day_are_refused(operator):
    nobody = operator.types("explain", "00000000-0000-0000-0000-000000000000")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    person, _ = operator.person("--consent")
    assert "local_day" in operator.types("explain", person, "--day", "tomorrow").stderr
    for words in (["--days", "2"], ["--ical", "-"]):
        nobody = operator.types("agenda", "00000000-0000-0000-0000-000000000000", *words)
        assert (nobody.returncode, nobody.stdout) == (1, "")
    assert operator.types("agenda", person, "--days", "367").returncode != 0
    no_place = operator.types("agenda", person, "--ical", str(operator.folder / "nowhere" / "windows.ics"))
    assert (no_place.returncode, "cannot be written" in no_place.stderr) == (1, True)


def test_an_event_that_no_service_can_read_is_found_by_the_doctor_shown_and_dropped(operator):
    password = (operator.folder / ".daybook" / "keys" / "nats-operator").read_text()

    async def publish():
        client = await connect_nats(
            NatsAccess(operator.running["nats_url"], "operator", SecretStr(password)), name="test"
        )
        await client.jetstream().publish("call.scheduled", b"\xff no event of ours")
        await client.close()

    assert operator.types("deadletter", "list").stdout == "There are no dead letters.\n"
    asyncio.run(publish())
    operator.until(lambda: operator.told("deadletter", "list")["dead_letters"])
    [letter] = operator.told("deadletter", "list")["shown"]
    number = str(letter["sequence"])
    assert (letter["subject"], letter["consumer"]) == ("call.scheduled", "call-dispatcher-scheduled")
    assert "18 bytes: ff 20 6e 6f" in operator.types("deadletter", "show", number).stdout
    assert "since it would be refused again" in operator.types("deadletter", "retry", number).stderr
    [finding] = [it for it in operator.told("doctor")["findings"] if it["term"] == "dead_letters"]
    assert "`daybook deadletter list` says why" in finding["next_step"]
    dropped = operator.types("deadletter", "drop", number, "--yes")
    assert dropped.stdout.endswith("Deleted: 1 dead letter.\n"), dropped.stderr
    assert operator.told("doctor")["status"] == 0


@pytest.mark.parametrize(
    ("process", "term", "follows"),
    [
        ("window-scheduler", "scheduler_missing", "scheduled calls are not made"),
        ("call-dispatcher", "dispatcher_missing", "Calls are scheduled and never made"),
        ("voice-gateway", "gateway_missing", "Calls are made and nobody speaks"),
        ("journal", "journal_missing", "Nothing that is said is kept"),
        ("portal", "portal_missing", "nobody can sign in"),
        ("nats", "nats_missing", "none is announced, dialed or reported"),
        ("postgres", "postgresql_missing", "No call is scheduled"),
    ],
)
def test_a_process_that_hangs_is_named_with_what_follows_from_it(operator, process, term, follows):
    with operator.stopped(process):
        told = operator.told("doctor")
    assert told["status"] == 2
    [finding] = [it for it in told["findings"] if it["term"] == term]
    assert finding["severity"] == "failure"
    assert follows in finding["sentence"]
    assert finding["next_step"]
    assert finding["runbook"].startswith("docs/runbooks/Daybook")


def test_the_status_names_a_process_that_hangs(operator):
    with operator.stopped("emulator-gemini"):
        status = operator.types("status")
    assert status.returncode == 1
    [line] = [line for line in status.stdout.splitlines() if "emulator-gemini" in line]
    assert "does not answer" in line


def test_no_name_and_no_number_was_told(operator):
    looks = [
        operator.types(*words).stdout
        for words in (
            ["doctor"],
            ["doctor", "--json"],
            ["status"],
            ["explain", operator.person("--consent")[0]],
            ["agenda", operator.person("--consent")[0]],
        )
    ]
    for clear in (NAME, NUMBER):
        assert not [look for look in looks if clear in look]


def test_where_nothing_runs_the_doctor_says_so(tmp_path):
    elsewhere = Operator(tmp_path)
    told = elsewhere.told("doctor")
    assert told["status"] == 2
    assert [it["term"] for it in told["findings"]] == ["not_running"]


def test_what_is_kept_is_set_and_a_person_goes_with_a_receipt(operator, tmp_path):
    person, _ = operator.person("--consent")
    assert "Recordings are kept for ever." in operator.types("keeping", "show", person).stdout
    kept = operator.types("keeping", "set", person, "--audio-days", "30", "--no-descriptions")
    assert kept.stdout.splitlines() == [
        "Recordings are kept for 30 days.",
        "Entries are kept for ever.",
        "No model makes titles and summaries.",
    ]
    refused = operator.types("keeping", "set", person, "--entry-days", "36501")
    assert refused.returncode == 2, refused.stdout
    assert operator.types("keeping", "set", person, "--entry-days", "365").returncode == 0
    assert "Recordings are kept for 30 days." in operator.types("keeping", "show", person).stdout
    retained = operator.types("retain")
    assert retained.returncode == 0, retained.stderr
    assert "retention.done" in (operator.folder / ".daybook" / "logs" / "journal-retention.log").read_text()
    receipts = []
    for number in range(2):
        file = tmp_path / f"receipt-{number}.json"
        deleted = operator.types("entry", "delete-all", person, "--receipt", str(file))
        assert "the key of 0 entries and 0 recordings" in deleted.stdout, deleted.stderr
        receipts.append(json.loads(file.read_text()))
    assert receipts[0] == receipts[1]
    assert receipts[0]["person_id"] == person
    assert len(receipts[0]["key_fingerprint"]) == 64
    assert int(receipts[0]["audit_sequence"]) > 0
    verified = operator.types("audit", "verify", "--receipt", str(tmp_path / "receipt-0.json"))
    assert verified.returncode == 0, verified.stdout + verified.stderr
