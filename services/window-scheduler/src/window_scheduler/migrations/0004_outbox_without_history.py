"""The outbox holds what is not published, and nothing else: what the stream has confirmed is deleted.

`published_at` stays for the release before, which may run on while this one is rolled out, and after a rollback.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM outbox WHERE published_at IS NOT NULL")
    op.execute("DROP INDEX outbox_unpublished")
    op.execute("CREATE INDEX outbox_by_age ON outbox (created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_by_age")
    op.execute("CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL")
