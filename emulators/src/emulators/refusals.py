"""How an emulated gRPC service ends a call with a status other than OK."""

import asyncio

import grpc

from emulators import mulaw
from emulators.faults import Fault, GrpcFault

_FAULTS = {
    GrpcFault.UNAVAILABLE: (grpc.StatusCode.UNAVAILABLE, "The service is currently unavailable."),
    GrpcFault.RESOURCE_EXHAUSTED: (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of this service.",
    ),
    GrpcFault.INTERNAL: (grpc.StatusCode.INTERNAL, "Internal error encountered."),
    GrpcFault.ABORTED: (grpc.StatusCode.ABORTED, "The operation was aborted."),
}


class Refused(Exception):
    """The call ends with this status."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def invalid(text: str) -> Refused:
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, text)


async def fault_befalls(kind: GrpcFault) -> Refused:
    """What a fault ends a call with. One of them ends it never: then this waits until the client gives up."""
    if kind is GrpcFault.HANG:
        await asyncio.Event().wait()
    return Refused(*_FAULTS[kind])


class BreakingPoint:
    """Where in the audio of a stream an ordered fault befalls it."""

    def __init__(self, fault: Fault[GrpcFault] | None) -> None:
        self._fault = fault

    async def reached(self, audio_bytes: int) -> None:
        """Called at the beginning of a stream, and again with all the audio that it has carried so far.

        Raises:
            Refused: this is the point, and so ends the stream.
        """
        if self._fault is not None and audio_bytes >= self._fault.after_ms * mulaw.BYTES_PER_MS:
            raise await fault_befalls(self._fault.kind)
