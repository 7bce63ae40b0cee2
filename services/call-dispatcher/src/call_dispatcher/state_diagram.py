"""The table of an attempt's transitions, drawn for the README: a Mermaid state diagram, and below it every move. Pure.

The diagram leaves out what only skips: the carrier may tell of an end first, and the arrow to it from `in_progress` stands for
those from all states before. Ends that are reached alike are one box.
"""

from collections import defaultdict
from collections.abc import Iterable

from call_dispatcher.attempts import AttemptState
from call_dispatcher.transitions import MOVES, TRANSITIONS, WORD_OF_THE_CARRIER, Heard

_Arrow = tuple[AttemptState, AttemptState]


def drawn() -> str:
    """Markdown, without a line break at its end."""
    return "\n".join(["```mermaid", *_diagram(), "```", "", *_moves()])


def _diagram() -> Iterable[str]:
    arrows = _without_skips(_arrows())
    boxes = _boxes(arrows)
    first = next(iter(AttemptState))
    yield "stateDiagram-v2"
    for box, states in boxes.items():
        if len(states) > 1:
            yield f'    state "{" · ".join(states)}" as {box}'
    yield f"    [*] --> {first}"
    box_of = {state: box for box, states in boxes.items() for state in states}
    labels: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for (left, to), heard in arrows.items():
        labels[box_of[left], box_of[to]] += heard
    for (start, end), news in labels.items():
        label = "" if len(boxes[end]) > 1 else f": {' · '.join(news)}"
        yield f"    {start} --> {end}{label}"
    left_again = {start for start, _ in labels}
    for box in boxes:
        if box not in left_again:
            yield f"    {box} --> [*]"


def _moves() -> Iterable[str]:
    yield "| heard | of an attempt that is | then it is |"
    yield "|---|---|---|"
    for move in MOVES:
        heard = ", ".join(each for each in Heard if each in move.heard)
        left = ", ".join(f"`{each}`" for each in AttemptState if each in move.left)
        yield f"| {heard} | {left} | `{move.to}` |"


def _arrows() -> dict[_Arrow, list[Heard]]:
    arrows: dict[_Arrow, list[Heard]] = defaultdict(list)
    for (left, heard), to in TRANSITIONS.items():
        if to is not left:
            arrows[left, to].append(heard)
    return arrows


def _without_skips(arrows: dict[_Arrow, list[Heard]]) -> dict[_Arrow, list[Heard]]:
    told = {arrow for arrow, heard in arrows.items() if WORD_OF_THE_CARRIER.issuperset(heard)}
    skips = {(left, to) for left, between in told for start, to in told if start is between}
    return {arrow: heard for arrow, heard in arrows.items() if arrow not in told & skips}


def _boxes(arrows: dict[_Arrow, list[Heard]]) -> dict[str, list[AttemptState]]:
    """States by the box they stand in: each alone, but the ends that are reached from the same states together."""
    left_again = {left for left, _ in arrows}
    boxes: dict[str, list[AttemptState]] = {state: [state] for state in AttemptState if state in left_again}
    alike: dict[frozenset[AttemptState], list[AttemptState]] = defaultdict(list)
    for state in AttemptState:
        if state not in left_again:
            alike[frozenset(left for left, to in arrows if to is state)].append(state)
    return boxes | {states[0] if len(states) == 1 else "ended": states for states in alike.values()}
