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
    # rows that live for seconds are not worth a look at their call for each, nor an index to be deleted by with it
    op.execute("ALTER TABLE outbox DROP CONSTRAINT outbox_call_id_fkey")
    op.execute("DROP INDEX outbox_by_call")
    op.execute("CREATE INDEX outbox_by_age ON outbox (created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX outbox_by_age")
    op.execute("CREATE INDEX outbox_by_call ON outbox (call_id)")
    op.execute("DELETE FROM outbox WHERE call_id NOT IN (SELECT call_id FROM scheduled_calls)")
    op.execute("ALTER TABLE outbox ADD FOREIGN KEY (call_id) REFERENCES scheduled_calls ON DELETE CASCADE")
    op.execute("CREATE INDEX outbox_unpublished ON outbox (created_at) WHERE published_at IS NULL")
