"""An index for who looks at the calls of the last day."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX scheduled_calls_by_opening ON scheduled_calls (not_before)")


def downgrade() -> None:
    op.execute("DROP INDEX scheduled_calls_by_opening")
