"""Signing in at an OpenID provider: whose an account there is, and which browsers were sent there."""

from alembic import op

revision = "0004"
down_revision = "0003"


STATEMENTS = (
    """
    CREATE TABLE accounts (
        account bytea PRIMARY KEY CHECK (length(account) = 32),
        person_id uuid NOT NULL,
        connected_at timestamptz NOT NULL,
        used_at timestamptz
    )
    """,
    "CREATE INDEX accounts_of ON accounts (person_id)",
    """
    CREATE TABLE account_sign_ins (
        state bytea PRIMARY KEY CHECK (length(state) = 32),
        browser bytea NOT NULL CHECK (length(browser) = 32),
        nonce text NOT NULL,
        code_verifier text NOT NULL,
        leads_to text NOT NULL,
        connects uuid,
        valid_until timestamptz NOT NULL
    )
    """,
    "CREATE INDEX account_sign_ins_until ON account_sign_ins (valid_until)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE account_sign_ins, accounts")
