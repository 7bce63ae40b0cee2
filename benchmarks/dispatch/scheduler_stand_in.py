"""A window-scheduler that allows every dial, over real gRPC. Run as a program it tells its port in the line that it prints."""

from uuid import UUID

import grpc
import uvloop

from daybook.scheduler.v1.scheduler_pb2 import AuthorizeDialRequest, AuthorizeDialResponse


async def allow(
    request: AuthorizeDialRequest, _context: "grpc.aio.ServicerContext[AuthorizeDialRequest, AuthorizeDialResponse]"
) -> AuthorizeDialResponse:
    """The number is made of the call's id."""
    return AuthorizeDialResponse(allowed=True, phone_number=f"+43{UUID(request.call_id).int % 10**10:010d}")


async def serve() -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        allow,
        request_deserializer=AuthorizeDialRequest.FromString,
        response_serializer=AuthorizeDialResponse.SerializeToString,
    )
    service = grpc.method_handlers_generic_handler("daybook.scheduler.v1.CallsService", {"AuthorizeDial": handler})
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve())
