"""Calls, their attempts, what was decided about them, and what is to be told."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE calls (
            call_id text PRIMARY KEY,
            person_id text NOT NULL,
            not_before timestamptz NOT NULL,
            not_after timestamptz NOT NULL CHECK (not_after > not_before),
            state text NOT NULL CHECK (state IN ('pending', 'active', 'finished')),
            next_attempt_at timestamptz,
            outcome text NOT NULL,
            reason text NOT NULL DEFAULT '',
            finished_at timestamptz,
            CHECK ((state = 'pending') = (next_attempt_at IS NOT NULL)),
            CHECK ((state = 'finished') = (finished_at IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX calls_by_deadline ON calls (not_after, call_id) WHERE state = 'pending'")
    op.execute("CREATE INDEX calls_by_next_attempt ON calls (next_attempt_at) WHERE state = 'pending'")

    op.execute("""
        CREATE TABLE attempts (
            attempt_id text PRIMARY KEY,
            call_id text NOT NULL REFERENCES calls,
            person_id text NOT NULL,
            number integer NOT NULL CHECK (number >= 1),
            state text NOT NULL,
            live boolean NOT NULL,
            submitted_at timestamptz NOT NULL,
            heard_at timestamptz NOT NULL,
            ended_at timestamptz,
            carrier_call_id text UNIQUE,
            last_sequence integer NOT NULL,
            fault text,
            error_code integer,
            sip_code integer,
            answered_by smallint,
            reflection smallint,
            review_at timestamptz,
            UNIQUE (call_id, number)
        )
    """)
    op.execute("CREATE UNIQUE INDEX one_live_attempt_per_call ON attempts (call_id) WHERE live")
    op.execute("CREATE UNIQUE INDEX one_live_attempt_per_person ON attempts (person_id) WHERE live")
    op.execute("CREATE INDEX attempts_by_review ON attempts (review_at) WHERE review_at IS NOT NULL")

    op.execute("""
        CREATE TABLE decisions (
            call_id text NOT NULL REFERENCES calls,
            attempt_number integer NOT NULL,
            decision text NOT NULL,
            reason text NOT NULL,
            times integer NOT NULL DEFAULT 1,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (call_id, attempt_number, decision, reason)
        )
    """)

    op.execute("""
        CREATE TABLE outbox (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_id text NOT NULL UNIQUE,
            call_id text NOT NULL,
            subject text NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL,
            published_at timestamptz
        )
    """)
    op.execute("CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL")
