"""The audio of an entry may be removed, and the entry stay: its recording then has no key. What was removed for good, and whose
objects may still lie there, is remembered until they are gone. Each run of retention is kept, so that a missing one is noticed.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    ALTER TABLE entries ADD COLUMN audio_removed_at timestamptz, ADD COLUMN audio_kept_days integer,
        ADD CONSTRAINT entries_audio_removed CHECK ((audio_removed_at IS NULL) = (audio_kept_days IS NULL))
    """,
    "CREATE INDEX entries_with_audio ON entries (person_id, ended_at) WHERE audio_removed_at IS NULL",
    "ALTER TABLE recordings ALTER COLUMN wrapped_key DROP NOT NULL",
    "CREATE TABLE unwanted_recordings (recording_id uuid PRIMARY KEY)",
    """
    CREATE TABLE retention_runs (
        finished_at timestamptz PRIMARY KEY,
        started_at timestamptz NOT NULL,
        recordings bigint NOT NULL,
        entries bigint NOT NULL,
        unopened bigint NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE retention_runs, unwanted_recordings")
    op.execute("DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM recordings WHERE wrapped_key IS NULL)")
    op.execute("ALTER TABLE recordings ALTER COLUMN wrapped_key SET NOT NULL")
    op.execute("DROP INDEX entries_with_audio")
    op.execute("ALTER TABLE entries DROP COLUMN audio_removed_at, DROP COLUMN audio_kept_days")
