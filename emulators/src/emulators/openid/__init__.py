"""An OpenID provider, as much of it as signs somebody in by the authorization code flow, on its own protocol."""

from emulators.openid.id_tokens import OpenIdFault
from emulators.openid.server import OpenIdSettings, serve

__all__ = ["OpenIdFault", "OpenIdSettings", "serve"]
