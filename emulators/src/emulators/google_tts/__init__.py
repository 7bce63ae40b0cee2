"""Google Cloud Text-to-Speech v1, emulated on its own gRPC protocol."""

from emulators.google_tts.server import TtsSettings, serve

__all__ = ["TtsSettings", "serve"]
