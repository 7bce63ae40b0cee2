"""Google Cloud KMS v1, as much of it as wraps keys, emulated on its own gRPC protocol."""

from emulators.google_kms.server import KmsSettings, serve

__all__ = ["KmsSettings", "serve"]
