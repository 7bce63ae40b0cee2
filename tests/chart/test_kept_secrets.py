"""What the chart made once it keeps: an upgrade finds each Secret in the cluster and makes no other in its place.

`lookup` asks a cluster, so Helm is given one: as much of Kubernetes' API as `helm template --dry-run=server` asks, which
holds the Secrets of an installation.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chart.rendering import CI_FILES, HELMS, Object, Rendered, parsed, template

SECRETS = "/api/v1/namespaces/daybook/secrets/"


def discovery(render: Rendered) -> dict[str, Object]:
    """What the API says of itself, by path: that it knows every kind of these objects."""
    kinds: dict[str, set[str]] = {}
    for thing in render.objects:
        kinds.setdefault(thing["apiVersion"], set()).add(thing["kind"])
    groups: dict[str, list[Object]] = {}
    answers: dict[str, Object] = {"/api": {"kind": "APIVersions", "versions": ["v1"]}}
    for version, its in kinds.items():
        group, _, _ = version.rpartition("/")
        if group:
            groups.setdefault(group, []).append({"groupVersion": version, "version": version.rpartition("/")[2]})
        answers[f"/apis/{version}" if group else f"/api/{version}"] = {
            "kind": "APIResourceList",
            "groupVersion": version,
            "resources": [{"name": plural(kind), "kind": kind, "namespaced": True, "verbs": ["get"]} for kind in its],
        }
    answers["/apis"] = {
        "kind": "APIGroupList",
        "groups": [
            {"name": name, "versions": versions, "preferredVersion": versions[0]} for name, versions in groups.items()
        ],
    }
    answers["/version"] = {"major": "1", "minor": "37", "gitVersion": "v1.37.0"}
    return answers


def plural(kind: str) -> str:
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith("s") else f"{name}s"


@contextmanager
def cluster(answers: dict[str, Object]) -> Iterator[str]:
    """A server that answers GET by path, and 404 to all else; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            found = answers.get(path, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})
            body = json.dumps(found).encode()
            self.send_response(200 if path in answers else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing: what is asked is Helm's affair."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def rendered_in(address: str, folder: Path, program: str) -> Rendered:
    access = {
        "clusters": [{"name": "it", "cluster": {"server": address}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "users": [{"name": "me", "user": {}}],
        "current-context": "it",
    }
    (folder / "kubeconfig").write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **access}))
    more = (f"--kubeconfig={folder / 'kubeconfig'}", "--dry-run=server", "--disable-openapi-validation")
    return parsed(template.__wrapped__(CI_FILES["everything-on"], program, "1.37", *more))


def installed(secret: Object) -> Object:
    """A Secret as an installation left it, which a later one may take over."""
    release = {"meta.helm.sh/release-name": "daybook", "meta.helm.sh/release-namespace": "daybook"}
    metadata = secret["metadata"]
    annotations = metadata["annotations"] | release
    return secret | {"metadata": metadata | {"namespace": "daybook", "annotations": annotations}}


def secrets(render: Rendered) -> dict[str, dict[str, str]]:
    return {secret["metadata"]["name"]: secret["data"] for secret in render.of("Secret")}


@pytest.mark.parametrize("program", HELMS)
def test_every_secret_that_is_there_stays_as_it_is(program, tmp_path):
    first = parsed(template.__wrapped__(CI_FILES["everything-on"], program))
    there = {f"{SECRETS}{secret['metadata']['name']}": installed(secret) for secret in first.of("Secret")}
    with cluster(discovery(first) | there) as address:
        assert secrets(rendered_in(address, tmp_path, program)) == secrets(first)


@pytest.mark.parametrize("program", HELMS)
def test_where_there_is_none_each_installation_makes_its_own(program, tmp_path):
    first = parsed(template.__wrapped__(CI_FILES["everything-on"], program))
    with cluster(discovery(first)) as address:
        second = rendered_in(address, tmp_path, program)
    for name, made in secrets(second).items():
        assert made != secrets(first)[name], name


def test_every_secret_outlives_the_release():
    for secret in parsed(template.__wrapped__(CI_FILES["everything-on"])).of("Secret"):
        assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
