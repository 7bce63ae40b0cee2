"""What became of windows, counted for good; and when a call was first asked to be dialed, whatever the answer."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE window_totals (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            due bigint NOT NULL DEFAULT 0,
            scheduled bigint NOT NULL DEFAULT 0,
            declined bigint NOT NULL DEFAULT 0,
            missed bigint NOT NULL DEFAULT 0
        )
        """
    )
    op.execute("ALTER TABLE scheduled_calls ADD COLUMN dial_asked_at timestamptz")
    op.execute(
        """
        UPDATE scheduled_calls
        SET dial_asked_at = (
            SELECT min(authorized_at) FROM dial_authorizations
            WHERE dial_authorizations.call_id = scheduled_calls.call_id
        )
        WHERE finished_at IS NULL
        """
    )
    op.execute(
        """
        CREATE INDEX scheduled_calls_undialed ON scheduled_calls (not_before)
        WHERE finished_at IS NULL AND dial_asked_at IS NULL
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX scheduled_calls_undialed")
    op.execute("ALTER TABLE scheduled_calls DROP COLUMN dial_asked_at")
    op.execute("DROP TABLE window_totals")
