"""`python -m benchmarks [NAME [ARGUMENTS]]`: lists the benchmarks, or runs one. `make bench NAME=…` calls it."""

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestants import NotMeasurable

HERE = Path(__file__).parent


def questions() -> dict[str, str]:
    """What each benchmark asks: the first line of its program, by its name."""
    programs = sorted(HERE.glob("*/__main__.py"))
    return {
        program.parent.name.replace("_", "-"): (ast.get_docstring(ast.parse(program.read_text())) or "").partition(
            "\n"
        )[0]
        for program in programs
    }


def main(argv: Sequence[str]) -> int:
    asked = questions()
    if not argv:
        print("make bench NAME=…, where NAME is one of:")
        for name, question in asked.items():
            print(f"  {name:<16}{question}")
        return 0
    name, *arguments = argv
    if name not in asked:
        print(f"There is no benchmark named {name}. There are: {', '.join(asked)}.", file=sys.stderr)
        return 2
    program = importlib.import_module(f"benchmarks.{name.replace('-', '_')}.__main__")
    try:
        status: int = program.main(arguments)
    except NotMeasurable as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
