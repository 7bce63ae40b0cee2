"""Windows of every kind, a person's own calling hours, calls that are moved, and what each tick decided."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE people
            ADD COLUMN calling_hours_start time,
            ADD COLUMN calling_hours_end time,
            ADD CONSTRAINT people_calling_hours_whole CHECK (num_nulls(calling_hours_start, calling_hours_end) IN (0, 2))
        """
    )
    op.execute(
        """
        ALTER TABLE call_windows
            ADD COLUMN ends_next_day boolean NOT NULL DEFAULT false,
            ADD COLUMN every_weeks smallint NOT NULL DEFAULT 1 CHECK (every_weeks >= 1),
            ADD COLUMN first_date date,
            ADD COLUMN last_date date,
            ADD COLUMN except_dates date[] NOT NULL DEFAULT '{}',
            ADD COLUMN paused_until date,
            ADD COLUMN zone_data text COLLATE "C" NOT NULL DEFAULT '',
            DROP CONSTRAINT call_windows_end_after_start,
            ADD CONSTRAINT call_windows_end_after_start CHECK (ends_next_day = (ends_at <= starts_at)),
            ADD CONSTRAINT call_windows_weeks_from_a_date CHECK (every_weeks = 1 OR first_date IS NOT NULL)
        """
    )
    op.execute("CREATE INDEX call_windows_by_zone_data ON call_windows (zone_data)")
    op.execute(
        """
        ALTER TABLE scheduled_calls
            ADD COLUMN dialed_at timestamptz,
            ADD COLUMN revision integer NOT NULL DEFAULT 0
        """
    )
    op.execute(
        """
        UPDATE scheduled_calls SET dialed_at = (
            SELECT min(authorized_at) FROM dial_authorizations
            WHERE dial_authorizations.call_id = scheduled_calls.call_id
        )
        """
    )
    op.execute(
        """
        CREATE TABLE window_decisions (
            person_id uuid NOT NULL,
            local_day date NOT NULL,
            window_id uuid NOT NULL,
            decision text NOT NULL,
            decided_at timestamptz NOT NULL,
            tick_id bigint,
            opens_at timestamptz NOT NULL,
            closes_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX window_decisions_by_day ON window_decisions (person_id, local_day)")
    op.execute("CREATE INDEX window_decisions_by_end ON window_decisions (closes_at)")
    # window_totals stays for the release before
    op.execute(
        """
        CREATE TABLE window_tallies (
            slot smallint PRIMARY KEY,
            due bigint NOT NULL DEFAULT 0,
            scheduled bigint NOT NULL DEFAULT 0,
            declined bigint NOT NULL DEFAULT 0,
            missed bigint NOT NULL DEFAULT 0
        )
        """
    )
    op.execute("INSERT INTO window_tallies SELECT 0, due, scheduled, declined, missed FROM window_totals")


def downgrade() -> None:
    op.execute("DELETE FROM call_windows WHERE ends_next_day")
    op.execute(
        """
        ALTER TABLE call_windows
            DROP CONSTRAINT call_windows_weeks_from_a_date,
            DROP CONSTRAINT call_windows_end_after_start,
            ADD CONSTRAINT call_windows_end_after_start CHECK (ends_at > starts_at),
            DROP COLUMN ends_next_day, DROP COLUMN every_weeks, DROP COLUMN first_date, DROP COLUMN last_date,
            DROP COLUMN except_dates, DROP COLUMN paused_until, DROP COLUMN zone_data
        """
    )
    op.execute("ALTER TABLE people DROP COLUMN calling_hours_start, DROP COLUMN calling_hours_end")
    op.execute("ALTER TABLE scheduled_calls DROP COLUMN dialed_at, DROP COLUMN revision")
    op.execute("DROP TABLE window_decisions")
    op.execute("DROP TABLE window_tallies")
