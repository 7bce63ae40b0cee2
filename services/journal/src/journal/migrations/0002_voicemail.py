"""A session may end as `voicemail`: an answering machine picked up, and what it said is nobody's reflection."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_outcome_check")
    op.execute(
        "ALTER TABLE sessions ADD CONSTRAINT sessions_outcome_check"
        " CHECK (outcome IN ('completed', 'cut_short', 'silent', 'opted_out', 'voicemail'))"
    )


def downgrade() -> None:
    op.execute("UPDATE sessions SET outcome = 'silent' WHERE outcome = 'voicemail'")
    op.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_outcome_check")
    op.execute(
        "ALTER TABLE sessions ADD CONSTRAINT sessions_outcome_check"
        " CHECK (outcome IN ('completed', 'cut_short', 'silent', 'opted_out'))"
    )
