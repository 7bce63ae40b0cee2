"""Calls that window-scheduler took back. One may be told before its call is: no foreign key."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE withdrawals (
            call_id text PRIMARY KEY,
            revision bigint NOT NULL,
            reason text NOT NULL,
            withdrawn_at timestamptz NOT NULL
        )
    """)


def downgrade() -> None:
    op.execute("DROP TABLE withdrawals")
