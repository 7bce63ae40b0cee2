"""The Dockerfiles are one pattern, and each copies the members of the workspace that its package needs."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILES = [*sorted(ROOT.glob("services/*/Dockerfile")), ROOT / "cli/Dockerfile", ROOT / "emulators/Dockerfile"]
ITS_OWN = re.compile(
    r"# The image of|COPY (libs|services|cli|emulators)|EXPOSE|ENTRYPOINT|CMD|LABEL| +org\S+description| +DAYBOOK_"
)


def lines_of(dockerfile):
    return dockerfile.read_text().replace(" \\\n", "\n").splitlines()


def pattern(dockerfile):
    """What is left without the lines that are an image's own and without the names of packages and modules."""
    common = [line for line in lines_of(dockerfile) if not ITS_OWN.match(line)]
    return [re.sub(r'"daybook-[a-z-]+"|("[a-z_.]+\.(__main__|app)"(, )?)+', "…", line) for line in common]


@pytest.mark.parametrize(("one", "other"), list(pairwise(DOCKERFILES)), ids=lambda path: path.parent.name)
def test_they_are_one_pattern(one, other):
    assert pattern(one) == pattern(other)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_it_copies_exactly_the_members_that_its_package_needs(dockerfile):
    packages = {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    [wanted] = set(re.findall(r'"--package", "(\S+)"', dockerfile.read_text()))
    needed, todo = set(), [wanted]
    while todo:
        package = packages[todo.pop()]
        needed.add(package["source"]["editable"])
        todo += [it["name"] for it in package["dependencies"] if "editable" in packages[it["name"]]["source"]]
    copied = re.findall(r"^COPY (libs/\S+|services/\S+|cli\S*|emulators\S*) \S+$", dockerfile.read_text(), re.MULTILINE)
    assert sorted(copied) == sorted([*needed, *(f"{member}/pyproject.toml" for member in needed)])


def test_their_uv_is_one_that_the_makefile_takes():
    [version] = {found for dockerfile in DOCKERFILES for found in re.findall(r"uv==(\S+)\"", dockerfile.read_text())}
    assert re.search(r"uv>=0\.13,<0\.14", (ROOT / "Makefile").read_text())
    assert version.startswith("0.13.")
