"""While the carrier refuses the account, nobody is dialed: how often it has, and until when."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE carrier_rate
            ADD COLUMN refusals integer NOT NULL DEFAULT 0 CHECK (refusals >= 0),
            ADD COLUMN paused_until timestamptz NOT NULL DEFAULT now()
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE carrier_rate DROP COLUMN refusals, DROP COLUMN paused_until")
