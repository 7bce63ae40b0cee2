"""Tokens of programs, and the answers that are given again to a request that is sent again."""

from alembic import op

revision = "0002"
down_revision = "0001"


STATEMENTS = (
    """
    CREATE TABLE api_tokens (
        token_id uuid PRIMARY KEY,
        fingerprint bytea NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
        person_id uuid NOT NULL,
        name text NOT NULL,
        scope text NOT NULL CHECK (scope IN ('read', 'write')),
        created_at timestamptz NOT NULL,
        ends_at timestamptz,
        used_at timestamptz
    )
    """,
    "CREATE INDEX api_tokens_of_person ON api_tokens (person_id)",
    # no body: its request is being answered, or its process ended meanwhile
    """
    CREATE TABLE api_answers (
        token_id uuid NOT NULL REFERENCES api_tokens ON DELETE CASCADE,
        key text NOT NULL,
        request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
        begun_at timestamptz NOT NULL,
        body bytea,
        location text,
        PRIMARY KEY (token_id, key)
    )
    """,
    "CREATE INDEX api_answers_by_age ON api_answers (begun_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE api_answers, api_tokens")
