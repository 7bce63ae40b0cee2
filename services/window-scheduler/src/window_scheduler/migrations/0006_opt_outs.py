"""The numbers that opted out, which outlive their people, and an outbox for calls that are withdrawn.

The outbox is one of its own: the release before takes all that is in `outbox` for calls that are scheduled.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE opted_out_numbers (
            number_hash bytea PRIMARY KEY,
            key_id bytea NOT NULL,
            opted_out_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX people_opted_out ON people (person_id) WHERE opted_out_at IS NOT NULL")
    op.execute(
        """
        CREATE TABLE withdrawal_outbox (
            event_id text PRIMARY KEY,
            call_id uuid NOT NULL,
            payload bytea NOT NULL,
            created_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX withdrawal_outbox_by_age ON withdrawal_outbox (created_at)")


def downgrade() -> None:
    op.execute("DROP TABLE withdrawal_outbox")
    op.execute("DROP INDEX people_opted_out")
    op.execute("DROP TABLE opted_out_numbers")
