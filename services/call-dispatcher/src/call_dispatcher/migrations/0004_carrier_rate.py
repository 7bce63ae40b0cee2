"""The carrier's rate, shared by all dispatchers: one row that says when the next call may be handed over."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE carrier_rate (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            next_slot_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("INSERT INTO carrier_rate DEFAULT VALUES")


def downgrade() -> None:
    op.execute("DROP TABLE carrier_rate")
