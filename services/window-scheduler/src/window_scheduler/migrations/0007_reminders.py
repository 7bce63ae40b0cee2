"""How often a call was announced again, since nobody asked to dial it."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE scheduled_calls ADD COLUMN reminders smallint NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE scheduled_calls DROP COLUMN reminders")
