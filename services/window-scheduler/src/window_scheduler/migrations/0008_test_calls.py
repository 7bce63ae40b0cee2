"""Test calls: as many of a local day as are asked for, beside its one call, and from no window.

A row of the release before has number 0, and its day has no other of that number: for the day's call the constraint holds what it
held. It is not a second index, partial or not, which each call that a tick stores would have to write.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE scheduled_calls
            ADD COLUMN test_number smallint NOT NULL DEFAULT 0,
            ADD COLUMN in_quiet_hours boolean NOT NULL DEFAULT false,
            ALTER COLUMN window_id DROP NOT NULL,
            ADD CONSTRAINT scheduled_calls_window_or_test CHECK ((window_id IS NULL) = (test_number > 0)),
            DROP CONSTRAINT one_call_a_day,
            ADD CONSTRAINT one_call_a_day UNIQUE (person_id, local_day, test_number)
        """
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE call_id IN (SELECT call_id FROM scheduled_calls WHERE test_number > 0)")
    op.execute("DELETE FROM scheduled_calls WHERE test_number > 0")
    op.execute(
        """
        ALTER TABLE scheduled_calls
            DROP CONSTRAINT one_call_a_day,
            ADD CONSTRAINT one_call_a_day UNIQUE (person_id, local_day),
            DROP CONSTRAINT scheduled_calls_window_or_test,
            ALTER COLUMN window_id SET NOT NULL,
            DROP COLUMN test_number,
            DROP COLUMN in_quiet_hours
        """
    )
