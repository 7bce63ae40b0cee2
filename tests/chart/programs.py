"""Which settings class reads the environment of a container, by its program and its command."""

import base64
from pathlib import Path

from chart.rendering import Container, Object, Rendered
from pydantic_settings import BaseSettings

import call_dispatcher.settings
import journal.settings
import portal.settings
import voice_gateway.settings
import window_scheduler.settings
from chassis.settings import variable_name
from daybook_cli.surroundings import ToolboxSettings
from emulators.gemini.server import GeminiSettings
from emulators.google_speech.server import SpeechSettings
from emulators.google_tts.server import TtsSettings
from emulators.twilio.settings import TwilioEmulatorSettings

CLASSES: dict[tuple[str, str], type[BaseSettings]] = {
    ("window-scheduler", "api"): window_scheduler.settings.ApiSettings,
    ("window-scheduler", "tick"): window_scheduler.settings.TickSettings,
    ("window-scheduler", "tick-loop"): window_scheduler.settings.TickSettings,
    ("window-scheduler", "migrate"): window_scheduler.settings.MigrateSettings,
    ("window-scheduler", "wait-for-schema"): window_scheduler.settings.MigrateSettings,
    ("call-dispatcher", "serve"): call_dispatcher.settings.Settings,
    ("call-dispatcher", "migrate"): call_dispatcher.settings.MigrateSettings,
    ("call-dispatcher", "wait-for-schema"): call_dispatcher.settings.MigrateSettings,
    ("voice-gateway", "serve"): voice_gateway.settings.Settings,
    ("journal", "serve"): journal.settings.Settings,
    ("journal", "retain"): journal.settings.RetainSettings,
    ("journal", "migrate"): journal.settings.MigrateSettings,
    ("journal", "wait-for-schema"): journal.settings.MigrateSettings,
    ("portal", "serve"): portal.settings.Settings,
    ("portal", "migrate"): portal.settings.MigrateSettings,
    ("portal", "wait-for-schema"): portal.settings.MigrateSettings,
    ("emulators", "emulators.twilio"): TwilioEmulatorSettings,
    ("emulators", "emulators.google_speech"): SpeechSettings,
    ("emulators", "emulators.google_tts"): TtsSettings,
    ("emulators", "emulators.gemini"): GeminiSettings,
}
SERVICES = ("window-scheduler", "call-dispatcher", "voice-gateway", "journal", "portal")


def settings_class(container: Container) -> type[BaseSettings] | None:
    """The class, or None for a program that reads no settings of ours."""
    if container.program == "toolbox":
        # every command of `daybook` reads the same; a script beside it is told all that it needs by its arguments
        return ToolboxSettings if container.spec.get("env") else None
    if container.program not in {*SERVICES, "emulators"}:
        return None
    return CLASSES[container.program, container.spec["args"][0]]


def variables(of: type[BaseSettings]) -> set[str]:
    """The names of all settings of a class."""
    return {variable_name(of, field) for field in of.model_fields}


def environment(container: Container) -> dict[str, str | None]:
    """What a container's variables say; None where it is known only in the cluster."""
    return {each["name"]: each.get("value") for each in container.spec.get("env") or []}


def files(container: Container, render: Rendered) -> dict[Path, str]:
    """The files that Secrets and ConfigMaps put before a container, with what the chart put into them; `(given)` where it is not
    known.
    """
    volumes = {volume["name"]: volume for volume in container.pod.spec.get("volumes") or []}
    found = {}
    for mount in container.spec.get("volumeMounts") or []:
        volume = volumes.get(mount["name"], {})
        if configuration := volume.get("configMap"):
            held = (render.named("ConfigMap", configuration["name"]) or {}).get("data") or {}
            found |= {Path(mount["mountPath"]) / name: text for name, text in held.items()}
        sources = volume["projected"]["sources"] if "projected" in volume else [volume]
        for source in sources:
            if secret := source.get("secret"):
                for name, text in _files_of(secret, render):
                    if mount.get("subPath") in {None, name}:
                        at = mount["mountPath"] if "subPath" in mount else f"{mount['mountPath']}/{name}"
                        found[Path(at)] = text
    return found


def _files_of(secret: Object, render: Rendered) -> list[tuple[str, str]]:
    named = secret.get("secretName") or secret["name"]
    made = render.named("Secret", named) or {}
    held = {key: base64.b64decode(value).decode() for key, value in (made.get("data") or {}).items()}
    held |= made.get("stringData") or {}
    if any(certificate["spec"]["secretName"] == named for certificate in render.of("Certificate")):
        held = dict.fromkeys(("tls.crt", "tls.key", "ca.crt"), "(given)")
    items = secret.get("items") or [{"key": key, "path": key} for key in held]
    return [(item["path"], held.get(item["key"], "(given)")) for item in items]
