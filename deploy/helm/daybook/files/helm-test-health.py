# Run by `helm test`: asks each service whether it is ready, and says which is not.
import sys
import urllib.error
import urllib.request

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub


def answer(target: str) -> str:
    if target.startswith("http://"):
        try:
            with urllib.request.urlopen(target, timeout=10) as response:  # noqa: S310 - the chart names the addresses
                return "ready" if response.status == 200 else f"not ready ({response.status})"
        except (urllib.error.URLError, TimeoutError) as error:
            return f"not ready ({error})"
    with grpc.insecure_channel(target) as channel:
        try:
            found = HealthStub(channel).Check(HealthCheckRequest(service="readiness"), timeout=10, wait_for_ready=True)
        except grpc.RpcError as error:
            return f"not ready ({error.code().name})"
        return "ready" if found.status == HealthCheckResponse.SERVING else "not ready"


answers = {target: answer(target) for target in sys.argv[1:]}
for target, said in answers.items():
    print(f"{target}: {said}")
sys.exit(any(said != "ready" for said in answers.values()))
