"""Signing in by a telephone call: which browser waits for which code, and how often forms were sent."""

from alembic import op

revision = "0003"
down_revision = "0002"


STATEMENTS = (
    """
    CREATE TABLE called_sign_ins (
        browser bytea PRIMARY KEY CHECK (length(browser) = 32),
        sign_in_id text NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX called_sign_ins_until ON called_sign_ins (expires_at)",
    """
    CREATE TABLE form_tries (
        form text NOT NULL,
        sender bytea NOT NULL CHECK (length(sender) = 32),
        free_at timestamptz NOT NULL,
        PRIMARY KEY (form, sender)
    )
    """,
    "CREATE INDEX form_tries_until ON form_tries (free_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE form_tries, called_sign_ins")
