"""How key-encryption keys and their rotation are told. Pure."""

from collections.abc import Sequence

from daybook.journal.v1.keys_pb2 import KeyEncryptionKey
from daybook_cli.wording import counted

NAMED = 10


def standing(key: KeyEncryptionKey) -> str:
    """What is to be said of a key."""
    if not key.at_hand:
        return "is missing: mount it again"
    if key.active:
        return "active"
    return "may be removed; older backups need it" if key.removable else "in use until `daybook keys rotate`"


def progress(before: int, now: int, there_are: int) -> str:
    """A line at every tenth of the way, and none between."""
    if not there_are or 10 * before // there_are == 10 * now // there_are:
        return ""
    return f"{min(100, 100 * now // there_are)} %: {now} of {there_are}"


def still_under_others(keys: Sequence[KeyEncryptionKey], damaged: Sequence[str]) -> str:
    """What a rotation has left under another key than the active one, and what to do about it; empty where that is nothing."""
    left = sum(key.persons for key in keys if not key.active)
    if not left:
        return ""
    if not damaged:
        return (
            f"{counted(left, 'key')} came under another key meanwhile: a journal that works with another active key still runs. "
            "Once its rollout is over, rotate again."
        )
    more = f" and {len(damaged) - NAMED} more" if len(damaged) > NAMED else ""
    return (
        f"{counted(len(damaged), 'key')} did not open and stayed as they are, those of: {', '.join(damaged[:NAMED])}{more}. "
        "Restore these rows of person_keys from a backup (docs/runbooks/DaybookRecordsDamaged.md), and rotate again. "
        "Keep the former key until then."
    )
