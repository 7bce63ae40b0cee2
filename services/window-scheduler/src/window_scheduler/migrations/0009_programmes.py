"""What a person is asked in a call. Whoever was added before, or by the release before, has the evening review, as all had.

It stands in clear, like their locale: it is a choice of three, and no word of theirs.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE people ADD COLUMN programme text NOT NULL DEFAULT 'evening_review'")


def downgrade() -> None:
    op.execute("ALTER TABLE people DROP COLUMN programme")
