"""Whether somebody makes a sound, by its level alone: known at once, long before a recogniser tells what it was. Pure.

The exponent of a µ-law byte is the logarithm of its amplitude (ITU-T G.711), so the mean of the exponents is a level, some 6 dB
a step. A sound stands out from the noise of its line; a noise that lasts becomes part of it.
"""

_EXPONENTS = bytes((~byte >> 4) & 7 for byte in range(256))
LEAST_LEVEL = 2.0
"""What is softer is no speech on any line."""
ABOVE_NOISE = 1.25
NOISE_RISES_PER_BYTE = 0.5 / 8000
"""Half a step a second: speech has pauses, a noise that has none for some seconds is the line's."""


class Loudness:
    """Follows one line."""

    def __init__(self) -> None:
        self._noise = 0.0

    def is_sound(self, audio: bytes) -> bool:
        """Whether this next piece, at best some 20 ms long, is a sound."""
        level = sum(audio.translate(_EXPONENTS)) / max(len(audio), 1)
        self._noise = min(level, self._noise + NOISE_RISES_PER_BYTE * len(audio))
        return level >= LEAST_LEVEL and level >= self._noise + ABOVE_NOISE
