"""The command `daybook`: what an operator and a newcomer type. `daybook --help` lists it."""

import sys

import typer
from rich.console import Console

from daybook_cli.agenda import agenda
from daybook_cli.audit import audit
from daybook_cli.call_me_now import call_me_now
from daybook_cli.deadletter import dead_letters
from daybook_cli.doctor import doctor
from daybook_cli.entries import entries
from daybook_cli.errors import CommandError, NeedsLocal
from daybook_cli.explain import explain
from daybook_cli.finding import search_entries, show_calendar
from daybook_cli.journal_fsck import journal
from daybook_cli.keeping import keeping
from daybook_cli.keys import keys
from daybook_cli.people import people
from daybook_cli.selftest import selftest
from daybook_cli.sign_in_link import sign_in_link
from daybook_cli.status import status
from daybook_cli.windows import windows

LOCAL_COMMANDS = ("run", "up", "down", "logs", "overhear", "tick", "retain", "supervise")

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)
app.add_typer(people, name="person")
app.add_typer(windows, name="window")
# a word to leave out (-rain) is no option
entries.command("search", context_settings={"ignore_unknown_options": True})(search_entries)
entries.command("calendar")(show_calendar)
app.add_typer(entries, name="entry")
app.add_typer(keeping, name="keeping")
app.add_typer(dead_letters, name="deadletter")
app.add_typer(keys, name="keys")
app.add_typer(journal, name="journal")
app.add_typer(audit, name="audit")
app.command()(status)
app.command()(doctor)
app.command()(explain)
app.command()(agenda)
app.command()(selftest)
app.command()(call_me_now)
app.command()(sign_in_link)


def _local_commands() -> typer.Typer:
    """The commands of the extra `local`; where it is not installed, their names, which say so."""
    try:
        from daybook_cli.local_commands import commands  # noqa: PLC0415 - an operator's image does without its packages
    except ModuleNotFoundError as error:
        return _missing(error.name or "local")
    return commands


def _missing(package: str) -> typer.Typer:
    missing = typer.Typer()

    def refuse() -> None:
        raise NeedsLocal(package)

    for name in LOCAL_COMMANDS:
        anything = {"allow_extra_args": True, "ignore_unknown_options": True}
        missing.command(name, context_settings=anything, help="Not here: it runs on a developer's machine.")(refuse)
    return missing


app.add_typer(_local_commands())


def main() -> None:
    """Runs a command; what goes wrong is told in a sentence, with exit status 1."""
    try:
        _check_text(sys.argv)
        app()
    except* CommandError as group:
        for sentence in _sentences(group):
            Console(stderr=True, highlight=False).print(sentence, style="red", markup=False)
        sys.exit(1)


def _check_text(words: list[str]) -> None:
    """Raises CommandError where a word holds bytes that are no text in this terminal's encoding: no message could carry it."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise CommandError(
            "What was typed holds bytes that are no UTF-8 text. Type it anew, or set LANG=C.UTF-8."
        ) from None


def _sentences(group: BaseExceptionGroup[CommandError]) -> list[str]:
    return [
        sentence
        for error in group.exceptions
        for sentence in (_sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)])
    ]
