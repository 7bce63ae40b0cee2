"""The persons' keys by the key-encryption key that wraps them: which ones are in use is asked every ten seconds."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("CREATE INDEX person_keys_by_kek ON person_keys (kek_id, person_id) WHERE wrapped IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX person_keys_by_kek")
