"""Makes an installed environment fit for an image. Runs in the build stage of every Dockerfile:

    /app/bin/python trim.py journal.__main__

It takes out what no process of Daybook asks for, compiles what the named modules import (the standard library's part too, which
the official image leaves uncompiled), gives every file the same time, and lays the result out as two layers: `packages`, which
changes with uv.lock, and `program`, our own code.
"""

import importlib
import os
import py_compile
import shutil
import struct
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

APP = Path(sys.prefix)
PACKAGES = Path(sysconfig.get_path("purelib"))
LAYERS = Path("/layers")

COMPILED = APP / "compiled"
"""The images set PYTHONPYCACHEPREFIX to it: bytecode stands apart from the sources, and their root may be read-only."""

FILE_TIME = 315532800
"""1980-01-01, the first day that zip files know. With one time for all, the same files make the same layer."""

UNUSED = (
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.c",
    "*.h",
    "bin/*activate*",
    "bin/*.bat",
    "[.]gitignore",
    "[.]lock",
    "uv_cache.json",  # when a member was built, which would make each build another
    "*/tests",
    # where a phone number is and whose; only whether it is one is asked
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",
    "phonenumbers/tzdata",
    # Twilio's other products; of all its API, Daybook uses the calls
    "twilio/rest/[b-z]*",
    "twilio/rest/accounts*",
    "twilio/rest/assistants*",
)


def remove_unused() -> None:
    for pattern in UNUSED:
        for path in list(APP.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for record in PACKAGES.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if Path(PACKAGES, line.rsplit(",", 2)[0]).exists()))


def strip(library: Path) -> None:
    """Cuts off what follows a shared library's last segment: its symbols and debug sections, which no loader reads.

    Wheels bring more than 30 MB of them. The layout is that of 64-bit little-endian ELF, whose header and segments are
    described in elf(5).
    """
    content = bytearray(library.read_bytes())
    if content[:6] != b"\x7fELF\x02\x01":
        return
    segments_at, entry_size, count = struct.unpack_from("<Q", content, 32) + struct.unpack_from("<HH", content, 54)
    end = 64
    for place in range(segments_at, segments_at + entry_size * count, entry_size):
        offset, _, _, size = struct.unpack_from("<4Q", content, place + 8)
        end = max(end, offset + size, place + entry_size)
    struct.pack_into("<Q", content, 40, 0)  # no table of sections
    struct.pack_into("<3H", content, 58, 0, 0, 0)
    library.write_bytes(content[:end])


def compile_imported(modules: list[str]) -> None:
    """Compiles the modules that a start imports. All of them would double an image for code that never runs."""
    for name in modules:
        importlib.import_module(name)
    sources = {str(getattr(module, "__file__", None)) for module in sys.modules.values()}
    sys.pycache_prefix = str(COMPILED)
    for source in sorted(path for path in sources if path.endswith(".py") and Path(path) != Path(__file__)):
        py_compile.compile(source, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def lay_out() -> None:
    """Moves our own files, with what was compiled of them, out of the environment, and the rest after them."""
    program, packages = LAYERS / "program", LAYERS / "packages"
    for distribution in distributions():
        if not distribution.metadata["Name"].startswith("daybook-"):
            continue
        for entry in distribution.files or ():
            path = Path(os.path.normpath(PACKAGES / entry))
            compiled = COMPILED / path.relative_to("/").parent / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
            for file in filter(Path.exists, (path, compiled)):
                target = program / file.relative_to(APP)
                target.parent.mkdir(parents=True, exist_ok=True)
                file.rename(target)
    shutil.move(APP, packages)
    for folder, subfolders, files in os.walk(LAYERS, topdown=False):
        if not subfolders and not files:
            Path(folder).rmdir()
            continue
        for name in (*files, "."):
            os.utime(Path(folder, name), (FILE_TIME, FILE_TIME), follow_symlinks=False)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    remove_unused()
    for library in PACKAGES.rglob("*.so*"):
        strip(library)
    compile_imported(sys.argv[1:])
    lay_out()
