"""Who asked for what is kept in a log with a hash chain, which is only ever added to."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE audit_log (
            sequence bigint PRIMARY KEY CHECK (sequence > 0),
            at timestamptz NOT NULL,
            caller text NOT NULL,
            asked_for uuid,
            method text NOT NULL,
            person_id uuid,
            record_id uuid,
            refused_for text NOT NULL,
            hash bytea NOT NULL CHECK (length(hash) = 32)
        )
        """
    )
    op.execute("CREATE INDEX audit_log_by_person ON audit_log (person_id, sequence) WHERE person_id IS NOT NULL")
    op.execute(
        """
        CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'The audit log is only added to. What it holds is no word of anybody, and stays.';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_audit_log BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log()"
    )


def downgrade() -> None:
    op.execute("DROP TABLE audit_log")
    op.execute("DROP FUNCTION keep_audit_log")
