"""Writes every dashboard into a folder: `python -m dashboards FOLDER`."""

import json
import sys
from pathlib import Path

from dashboards.calls_today import calls_today
from dashboards.journal import journal
from dashboards.one_call import one_call
from dashboards.portal import portal
from dashboards.voice_quality import voice_quality
from dashboards.workers import workers


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for model in (calls_today(), one_call(), voice_quality(), workers(), journal(), portal()):
        text = json.dumps(model, indent=2, ensure_ascii=False)
        (folder / f"{model['uid'].removeprefix('daybook-')}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
