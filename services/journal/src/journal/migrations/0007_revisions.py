"""What an entry is called and says in short, every version of it; and when an entry is to be described next, if ever.

Entries that were made before are not described by themselves: nobody was asked.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    """
    CREATE TABLE revisions (
        session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
        number bigint NOT NULL CHECK (number > 0),
        author text NOT NULL CHECK (author IN ('daybook', 'person')),
        made_at timestamptz NOT NULL,
        sealed bytea NOT NULL,
        PRIMARY KEY (session_id, number)
    )
    """,
    "ALTER TABLE entries ADD COLUMN describe_at timestamptz, ADD COLUMN describe_tries integer NOT NULL DEFAULT 0",
    "CREATE INDEX entries_to_describe ON entries (describe_at) WHERE describe_at IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN describe_at, DROP COLUMN describe_tries")
    op.execute("DROP TABLE revisions")
