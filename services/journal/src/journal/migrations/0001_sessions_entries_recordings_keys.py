"""Sessions with their turns and recordings, entries, and the wrapped keys of persons.

In clear stand ids, times, counts and who spoke; every word and every sample is sealed (promise 6).
"""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE canaries (
        kek_id text PRIMARY KEY,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE person_keys (
        person_id uuid PRIMARY KEY,
        kek_id text NOT NULL,
        wrapped bytea,
        created_at timestamptz NOT NULL,
        destroyed_at timestamptz,
        CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
    )
    """,
    """
    CREATE TABLE sessions (
        session_id uuid PRIMARY KEY,
        call_id uuid NOT NULL UNIQUE,
        person_id uuid NOT NULL REFERENCES person_keys,
        attempt_number integer NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        outcome text CHECK (outcome IN ('completed', 'cut_short', 'silent', 'opted_out')),
        wrapped_key bytea NOT NULL,
        CHECK ((ended_at IS NULL) = (outcome IS NULL))
    )
    """,
    "CREATE INDEX sessions_of_person ON sessions (person_id)",
    """
    CREATE TABLE turns (
        session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
        sequence bigint NOT NULL,
        speaker text NOT NULL CHECK (speaker IN ('person', 'daybook')),
        sealed bytea NOT NULL,
        PRIMARY KEY (session_id, sequence)
    )
    """,
    """
    CREATE TABLE recordings (
        recording_id uuid PRIMARY KEY,
        session_id uuid NOT NULL UNIQUE REFERENCES sessions ON DELETE CASCADE,
        wrapped_key bytea NOT NULL
    )
    """,
    """
    CREATE TABLE segments (
        recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
        track text NOT NULL CHECK (track IN ('person', 'daybook')),
        sequence bigint NOT NULL,
        starts_at_ms bigint NOT NULL,
        samples integer NOT NULL,
        PRIMARY KEY (recording_id, track, sequence)
    )
    """,
    """
    CREATE TABLE entries (
        entry_id uuid PRIMARY KEY,
        session_id uuid NOT NULL UNIQUE REFERENCES sessions ON DELETE CASCADE,
        person_id uuid NOT NULL,
        call_id uuid NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL,
        outcome text NOT NULL,
        turns integer NOT NULL,
        recording_ms bigint NOT NULL
    )
    """,
    "CREATE INDEX entries_of_person ON entries (person_id, started_at DESC, entry_id DESC)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("entries", "segments", "recordings", "turns", "sessions", "person_keys", "canaries"):
        op.execute(f"DROP TABLE {table}")
