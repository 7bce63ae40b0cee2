"""The retry policy in a YAML file, as an operator may write it.

`retry_policy.yaml` beside this file is the one that comes with Daybook, and `retry_policy.schema.json` its schema, for editors.
"""

from pathlib import Path

import yaml
from pydantic import ValidationError

from call_dispatcher.retry_policy import RetryPolicy

LONGEST_FILE_BYTES = 65_536


def read_retry_policy(path: Path) -> RetryPolicy:
    """The policy in a file.

    Raises:
        ValueError: it cannot be read, is no YAML, or does not fit; the text says where.
    """
    try:
        with path.open("rb") as file:
            written = file.read(LONGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error
    if len(written) > LONGEST_FILE_BYTES:
        raise ValueError(f"{path} is longer than {LONGEST_FILE_BYTES} bytes. Is it the retry policy?")
    try:
        parsed = yaml.safe_load(written)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no YAML: {_on_one_line(error)}.") from error
    try:
        return RetryPolicy.model_validate(parsed)
    except ValidationError as error:
        raise ValueError(f"{path} is no retry policy. {_told(error)}") from error


COMES_WITH_DAYBOOK = read_retry_policy(Path(__file__).with_name("retry_policy.yaml"))


def _told(error: ValidationError) -> str:
    return " ".join(
        f"{'.'.join(map(str, each['loc'])) or 'The file'}: {each['msg']}."
        for each in error.errors(include_input=False, include_url=False)
    )


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
