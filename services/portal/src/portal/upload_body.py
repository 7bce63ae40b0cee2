"""A file that is the whole of a request, held in memory alone, up to a limit. Pure."""

from io import BytesIO

from portal.upload_form import UploadTooLarge, UploadUnreadable


class UploadBody:
    """
    Args:
        largest_bytes: of the file.
    """

    def __init__(self, largest_bytes: int) -> None:
        self._largest_bytes = largest_bytes
        self._file = BytesIO()

    def feed(self, piece: bytes) -> None:
        """The next bytes of the request.

        Raises:
            UploadTooLarge: see there.
        """
        if self._file.tell() + len(piece) > self._largest_bytes:
            raise UploadTooLarge
        self._file.write(piece)

    def whole_file(self) -> BytesIO:
        """The file, once all has come.

        Raises:
            UploadUnreadable: there is nothing.
        """
        if not self._file.tell():
            raise UploadUnreadable
        self._file.seek(0)
        return self._file
