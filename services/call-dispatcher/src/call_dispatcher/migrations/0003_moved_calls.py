"""A call may be moved to other times before anyone dialed. The default serves a dispatcher of before, while it is replaced."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # the contract's is a uint32
    op.execute("ALTER TABLE calls ADD COLUMN revision bigint NOT NULL DEFAULT 0 CHECK (revision >= 0)")


def downgrade() -> None:
    op.execute("ALTER TABLE calls DROP COLUMN revision")
