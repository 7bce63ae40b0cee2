"""The Gemini Developer API, emulated on its own HTTP protocol."""

from emulators.gemini.server import Engine, GeminiSettings, serve

__all__ = ["Engine", "GeminiSettings", "serve"]
