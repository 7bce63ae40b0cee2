"""Google Cloud Speech-to-Text v2, emulated on its own gRPC protocol."""

from emulators.google_speech.server import Engine, SpeechSettings, serve

__all__ = ["Engine", "SpeechSettings", "serve"]
