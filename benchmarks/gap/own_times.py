"""What the services take in themselves, the same for every contestant: they are dummies that take exactly that. It needs the
standard library alone, as does all that a peer runs.
"""

RECOGNISER_S = 0.3
"""From when the last of what was said comes to the recogniser, until it says what that was."""
SLOW_RECOGNISER_S = 2.0
"""The same where Daybook's patience is over by then."""
MODEL_S = 0.4
"""From a question to a model, until its answer."""
VOICE_S = 0.2
"""From a text for the voice, until the first of its audio."""
JOURNAL_S = 0.05
"""From a turn, until the journal has it safe. It is Daybook's own, and never deducted."""
PROMPT_MS = 400
"""How long whatever is said is."""
