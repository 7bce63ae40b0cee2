"""Entries that have come by an archive, and imports under way: whose objects are no leftovers yet."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("ALTER TABLE entries ADD COLUMN imported_from uuid")
    op.execute(
        """
        CREATE TABLE imports (
            recording_id uuid PRIMARY KEY,
            person_id uuid NOT NULL REFERENCES person_keys,
            started_at timestamptz NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE imports")
    op.execute("ALTER TABLE entries DROP COLUMN imported_from")
