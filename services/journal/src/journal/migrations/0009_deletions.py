"""That a person's key was destroyed, and what with it: what their receipt says, whenever it is asked for.

Of those who were deleted before, the moment alone is known.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """
    CREATE TABLE deletions (
        person_id uuid PRIMARY KEY REFERENCES person_keys,
        destroyed_at timestamptz NOT NULL,
        entries bigint NOT NULL,
        recordings bigint NOT NULL,
        key_fingerprint text NOT NULL,
        audit_sequence bigint NOT NULL,
        audit_hash bytea NOT NULL
    )
    """,
    """
    INSERT INTO deletions (person_id, destroyed_at, entries, recordings, key_fingerprint, audit_sequence, audit_hash)
    SELECT person_id, destroyed_at, 0, 0, '', 0, '' FROM person_keys WHERE destroyed_at IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE deletions")
