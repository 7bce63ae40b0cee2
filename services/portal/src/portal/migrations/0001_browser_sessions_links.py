"""Browser sessions, and links that sign in once."""

from alembic import op

revision = "0001"
down_revision = None


STATEMENTS = (
    """
    CREATE TABLE browser_sessions (
        fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
        person_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        locale text NOT NULL
    )
    """,
    "CREATE INDEX browser_sessions_of_person ON browser_sessions (person_id)",
    """
    CREATE TABLE sign_in_links (
        fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
        person_id uuid NOT NULL,
        valid_until timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE sign_in_links, browser_sessions")
