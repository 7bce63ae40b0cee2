"""A session may be about to close: its last words are being said, and whoever goes on with it says no others."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE sessions ADD COLUMN closing text"
        " CHECK (closing IN ('completed', 'cut_short', 'silent', 'opted_out', 'voicemail'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP COLUMN closing")
