"""The tables as queries name them. The migrations make them; a test holds the two together."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)

SCHEMA = "window_scheduler"

metadata = MetaData()

NUMBER_UNHASHED = text("number_hashed_from IS DISTINCT FROM substr(phone_number, 2, 12)")
"""Of a person whose `number_hash` is none, or of a number that they had before. A version byte, then the nonce: see `sealed`."""


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _total(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


people = Table(
    "people",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("name_pronunciation", LargeBinary, nullable=False),
    Column("phone_number", LargeBinary, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("locale", Text, nullable=False),
    _moment("consent_given_at", nullable=True),
    Column("consent_wording_version", Text),
    Column("consent_channel", Text),
    _moment("opted_out_at", nullable=True),
    _moment("created_at"),
    # the person's own calling hours; none: the operator's
    Column("calling_hours_start", Time),
    Column("calling_hours_end", Time),
    Column("programme", Text, nullable=False, server_default="evening_review"),
    # by which a person is found who signs in; none while it is to be made, or where the number does not open
    Column("number_hash", LargeBinary),
    # the nonce of the sealed number that it was made from: where that is another by now, it is to be made anew
    Column("number_hashed_from", LargeBinary),
    Index("people_by_number", "number_hash"),
    Index("people_unhashed", "person_id", postgresql_where=NUMBER_UNHASHED),
    Index("people_opted_out", "person_id", postgresql_where=text("opted_out_at IS NOT NULL")),
)

opted_out_numbers = Table(
    "opted_out_numbers",
    metadata,
    Column("number_hash", LargeBinary, primary_key=True),
    # which key it was hashed under
    Column("key_id", LargeBinary, nullable=False),
    _moment("opted_out_at"),
)

call_windows = Table(
    "call_windows",
    metadata,
    Column("window_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("weekdays", ARRAY(SmallInteger)),
    Column("on_date", Date),
    Column("next_local_day", Date),
    _moment("next_opens_at", nullable=True),
    _moment("next_closes_at", nullable=True),
    _moment("created_at"),
    Column("ends_next_day", Boolean, nullable=False, server_default=text("false")),
    Column("every_weeks", SmallInteger, nullable=False, server_default="1"),
    Column("first_date", Date),
    Column("last_date", Date),
    Column("except_dates", ARRAY(Date), nullable=False, server_default="{}"),
    Column("paused_until", Date),
    # the version of the IANA database by whose rules the next opening was computed
    Column("zone_data", Text(collation="C"), nullable=False, server_default=""),
    Index("call_windows_by_person", "person_id"),
    Index("call_windows_by_next_opening", "next_opens_at"),
    Index("call_windows_by_zone_data", "zone_data"),
)

scheduled_calls = Table(
    "scheduled_calls",
    metadata,
    Column("call_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.person_id", ondelete="CASCADE"), nullable=False),
    # no foreign key: a deleted window leaves the calls that it brought; none: a test call or one for signing in
    Column("window_id", Uuid),
    Column("local_day", Date, nullable=False),
    _moment("not_before"),
    _moment("not_after"),
    _moment("scheduled_at"),
    _moment("finished_at", nullable=True),
    Column("outcome", Text),
    Column("reason", Text),
    # the first AuthorizeDial, whatever the answer was
    _moment("dial_asked_at", nullable=True),
    # the first AuthorizeDial that allowed one: from here on the call is not moved any more
    _moment("dialed_at", nullable=True),
    Column("revision", Integer, nullable=False, server_default="0"),
    # how often it was announced again, since nobody asked to dial it
    Column("reminders", SmallInteger, nullable=False, server_default="0"),
    # 0: the day's call; else a test call or one for signing in, by its number among both of the day
    Column("test_number", SmallInteger, nullable=False, server_default="0"),
    # a test call may be dialed in quiet hours: whoever asked for it said so
    Column("in_quiet_hours", Boolean, nullable=False, server_default=text("false")),
    # it tells a code, which `sign_ins` holds for as long as it is of use
    Column("for_sign_in", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("person_id", "local_day", "test_number", name="one_call_a_day"),
    Index("scheduled_calls_by_opening", "not_before"),
    Index(
        "scheduled_calls_undialed",
        "not_before",
        postgresql_where=text("finished_at IS NULL AND dial_asked_at IS NULL"),
    ),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("sign_in_id", Uuid, primary_key=True),
    # of the number that was asked for, be it anybody's or not
    Column("number_hash", LargeBinary, nullable=False),
    Column("code", LargeBinary, nullable=False),
    _moment("asked_at"),
    Column("tries_left", SmallInteger, nullable=False),
    # what came of it; none while nobody has looked
    Column("decision", Text),
    # the call that tells the code, and with it whom it signs in; none where there is no call
    Column("call_id", Uuid, ForeignKey("scheduled_calls.call_id", ondelete="CASCADE"), unique=True),
    # when somebody picked up, and the code was first given out to be told
    _moment("told_at", nullable=True),
    Index("sign_ins_by_number", "number_hash", "asked_at"),
    Index("sign_ins_undecided", "asked_at", postgresql_where=text("decision IS NULL")),
    Index("sign_ins_by_age", "asked_at"),
)

dial_authorizations = Table(
    "dial_authorizations",
    metadata,
    Column("attempt_id", Text, primary_key=True),
    Column("call_id", Uuid, ForeignKey("scheduled_calls.call_id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, nullable=False),
    _moment("authorized_at"),
    Index("dial_authorizations_by_call", "call_id"),
    Index("dial_authorizations_by_person", "person_id", "authorized_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", Text, primary_key=True),
    # no foreign key: a row lives for seconds, and a person's are deleted with them by hand
    Column("call_id", Uuid, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    _moment("created_at"),
    Index("outbox_by_age", "created_at"),
)

withdrawal_outbox = Table(
    "withdrawal_outbox",
    metadata,
    Column("event_id", Text, primary_key=True),
    # no foreign key: it is told of the calls of a person who was deleted
    Column("call_id", Uuid, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    _moment("created_at"),
    Index("withdrawal_outbox_by_age", "created_at"),
)

ticks = Table(
    "ticks",
    metadata,
    Column("tick_id", BigInteger, Identity(always=True), primary_key=True),
    _moment("started_at"),
    _moment("finished_at", nullable=True),
    _count("found"),
    _count("scheduled"),
    _count("declined"),
    _count("missed"),
    _count("published"),
    Index("ticks_by_end", "finished_at"),
)

window_decisions = Table(
    "window_decisions",
    metadata,
    # no foreign keys: a decision outlives its window, and a person is deleted with theirs by hand
    Column("person_id", Uuid, nullable=False),
    Column("local_day", Date, nullable=False),
    Column("window_id", Uuid, nullable=False),
    Column("decision", Text, nullable=False),
    _moment("decided_at"),
    # none where it was decided without a tick, when the window was booked
    Column("tick_id", BigInteger),
    _moment("opens_at"),
    _moment("closes_at"),
    Index("window_decisions_by_day", "person_id", "local_day"),
    Index("window_decisions_by_end", "closes_at"),
)

window_tallies = Table(
    "window_tallies",
    metadata,
    # several rows, whose sum counts: batches that are stored at once need not wait for each other
    Column("slot", SmallInteger, primary_key=True),
    _total("due"),
    _total("scheduled"),
    _total("declined"),
    _total("missed"),
)
