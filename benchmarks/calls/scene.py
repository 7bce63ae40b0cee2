"""The scene that is played to every contestant: who speaks when, and how long. It needs the standard library alone.

A person's audio never ends. Every cycle ends with a sentence, which the recogniser, a dummy everywhere, tells while it is
spoken (`understanding`), and a voice that has it ready gives a reply of a fixed length. What the audio holds is of no matter.
"""

FRAME_MS = 20
FRAME_BYTES = 160
"""µ-law, 8,000 samples a second."""
CYCLE_MS = 8_000
SENTENCE_MS = 2_000
TOLD_EVERY_MS = 500
"""How often a sentence is told while it is spoken."""
REPLY_MS = 3_000
PIECE_MS = 200
"""What the voice gives at a time."""
SENTENCE = "I went for a walk by the river today, and I thought about the summer."
REPLY = "Thank you for telling me, and what did you think of it?"
"""What a model answers, where one does."""
PIPECATS_WAIT_S = 0.6
"""How long Pipecat waits for more after a sentence: its default."""
