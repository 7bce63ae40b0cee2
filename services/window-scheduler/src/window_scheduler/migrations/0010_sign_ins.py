"""Signing in by a called code: what was asked for, the calls that tell the codes, and people found by their numbers.

The hash of a number cannot be made here, without the key: `people_unhashed` holds who has none yet, and the api hashes them
(ADR 0030). So it does after the release before this one has changed a person: that seals the number anew, and leaves the hash
as it was.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE people ADD COLUMN number_hash bytea, ADD COLUMN number_hashed_from bytea")
    op.execute("CREATE INDEX people_by_number ON people (number_hash)")
    op.execute(
        """
        CREATE INDEX people_unhashed ON people (person_id)
        WHERE number_hashed_from IS DISTINCT FROM substr(phone_number, 2, 12)
        """
    )
    op.execute("ALTER TABLE scheduled_calls ADD COLUMN for_sign_in boolean NOT NULL DEFAULT false")
    op.execute(
        """
        CREATE TABLE sign_ins (
            sign_in_id uuid PRIMARY KEY,
            number_hash bytea NOT NULL,
            code bytea NOT NULL,
            asked_at timestamptz NOT NULL,
            tries_left smallint NOT NULL,
            decision text,
            call_id uuid UNIQUE REFERENCES scheduled_calls ON DELETE CASCADE,
            told_at timestamptz
        )
        """
    )
    op.execute("CREATE INDEX sign_ins_by_number ON sign_ins (number_hash, asked_at)")
    op.execute("CREATE INDEX sign_ins_undecided ON sign_ins (asked_at) WHERE decision IS NULL")
    op.execute("CREATE INDEX sign_ins_by_age ON sign_ins (asked_at)")


def downgrade() -> None:
    op.execute("DROP TABLE sign_ins")
    op.execute("ALTER TABLE scheduled_calls DROP COLUMN for_sign_in")
    op.execute("DROP INDEX people_unhashed")
    op.execute("ALTER TABLE people DROP COLUMN number_hash, DROP COLUMN number_hashed_from")
