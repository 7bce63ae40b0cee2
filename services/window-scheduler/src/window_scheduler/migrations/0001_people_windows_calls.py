"""People, their windows, their calls, what is to be announced, and what each tick did."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE people (
            person_id uuid PRIMARY KEY,
            name bytea NOT NULL,
            name_pronunciation bytea NOT NULL,
            phone_number bytea NOT NULL,
            time_zone text NOT NULL,
            locale text NOT NULL,
            consent_given_at timestamptz,
            consent_wording_version text,
            consent_channel text,
            opted_out_at timestamptz,
            created_at timestamptz NOT NULL,
            CONSTRAINT people_consent_whole
                CHECK (num_nulls(consent_given_at, consent_wording_version, consent_channel) IN (0, 3))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE call_windows (
            window_id uuid PRIMARY KEY,
            person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
            starts_at time NOT NULL,
            ends_at time NOT NULL,
            weekdays smallint[],
            on_date date,
            next_local_day date,
            next_opens_at timestamptz,
            next_closes_at timestamptz,
            created_at timestamptz NOT NULL,
            CONSTRAINT call_windows_weekly_or_one_off CHECK (num_nonnulls(weekdays, on_date) = 1),
            CONSTRAINT call_windows_end_after_start CHECK (ends_at > starts_at),
            CONSTRAINT call_windows_next_whole
                CHECK (num_nulls(next_local_day, next_opens_at, next_closes_at) IN (0, 3))
        )
        """
    )
    op.execute("CREATE INDEX call_windows_by_person ON call_windows (person_id)")
    op.execute("CREATE INDEX call_windows_by_next_opening ON call_windows (next_opens_at)")
    op.execute(
        """
        CREATE TABLE scheduled_calls (
            call_id uuid PRIMARY KEY,
            person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
            window_id uuid NOT NULL,
            local_day date NOT NULL,
            not_before timestamptz NOT NULL,
            not_after timestamptz NOT NULL,
            scheduled_at timestamptz NOT NULL,
            finished_at timestamptz,
            outcome text,
            reason text,
            CONSTRAINT one_call_a_day UNIQUE (person_id, local_day),
            CONSTRAINT scheduled_calls_end_after_start CHECK (not_after > not_before)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE dial_authorizations (
            attempt_id text PRIMARY KEY,
            call_id uuid NOT NULL REFERENCES scheduled_calls ON DELETE CASCADE,
            person_id uuid NOT NULL,
            authorized_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX dial_authorizations_by_call ON dial_authorizations (call_id)")
    op.execute("CREATE INDEX dial_authorizations_by_person ON dial_authorizations (person_id, authorized_at)")
    op.execute(
        """
        CREATE TABLE outbox (
            event_id text PRIMARY KEY,
            call_id uuid NOT NULL REFERENCES scheduled_calls ON DELETE CASCADE,
            payload bytea NOT NULL,
            created_at timestamptz NOT NULL,
            published_at timestamptz
        )
        """
    )
    op.execute("CREATE INDEX outbox_by_call ON outbox (call_id)")
    op.execute("CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL")
    op.execute(
        """
        CREATE TABLE ticks (
            tick_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            started_at timestamptz NOT NULL,
            finished_at timestamptz,
            found integer NOT NULL DEFAULT 0,
            scheduled integer NOT NULL DEFAULT 0,
            declined integer NOT NULL DEFAULT 0,
            missed integer NOT NULL DEFAULT 0,
            published integer NOT NULL DEFAULT 0
        )
        """
    )
    op.execute("CREATE INDEX ticks_by_end ON ticks (finished_at)")


def downgrade() -> None:
    op.execute("DROP TABLE ticks, outbox, dial_authorizations, scheduled_calls, call_windows, people")
