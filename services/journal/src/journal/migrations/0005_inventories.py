"""An entry has an inventory, sealed, and the objects alone tell what is kept of a recording.

Recordings made before lie in another format, which this Daybook does not read: it was never released.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        DO $$ BEGIN
            IF EXISTS (SELECT FROM segments) OR EXISTS (SELECT FROM entries) THEN
                RAISE EXCEPTION 'This journal was kept by a Daybook before its first release, whose recordings this one cannot '
                    'read. Nothing was changed. Keep using that Daybook for it, or begin anew: make clean, or an empty database.';
            END IF;
        END $$
        """
    )
    op.execute("DROP TABLE segments")
    op.execute("ALTER TABLE entries ADD COLUMN cut_off boolean NOT NULL, ADD COLUMN inventory bytea NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE entries DROP COLUMN cut_off, DROP COLUMN inventory")
    op.execute(
        """
        CREATE TABLE segments (
            recording_id uuid NOT NULL REFERENCES recordings ON DELETE CASCADE,
            track text NOT NULL CHECK (track IN ('person', 'daybook')),
            sequence bigint NOT NULL,
            starts_at_ms bigint NOT NULL,
            samples integer NOT NULL,
            PRIMARY KEY (recording_id, track, sequence)
        )
        """
    )
