"""Indexes for who looks: a person's calls, and what became of the dials of the last day."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX calls_by_person ON calls (person_id, not_before)")
    op.execute("CREATE INDEX calls_by_end ON calls (finished_at) WHERE finished_at IS NOT NULL")
    op.execute("CREATE INDEX attempts_by_submission ON attempts (submitted_at)")


def downgrade() -> None:
    op.execute("DROP INDEX attempts_by_submission")
    op.execute("DROP INDEX calls_by_end")
    op.execute("DROP INDEX calls_by_person")
