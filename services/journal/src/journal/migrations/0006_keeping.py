"""How a person's journal is kept. Whoever has no row never set it."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE keeping (
            person_id uuid PRIMARY KEY REFERENCES person_keys,
            audio_days integer NOT NULL CHECK (audio_days BETWEEN 0 AND 36500),
            entry_days integer NOT NULL CHECK (entry_days BETWEEN 0 AND 36500),
            descriptions boolean NOT NULL
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE keeping")
