"""A form with a file, taken apart while it comes, and held in memory alone (RFC 7578). Pure.

What reads forms for FastAPI puts a larger file on a disk in clear. Here the form's token comes first, and nothing of the file is
taken before it was looked at; then one file, up to a limit.
"""

from collections.abc import Callable
from io import BytesIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

LONGEST_TOKEN_BYTES = 100


class UploadUnreadable(Exception):
    """It is no form with a token and then a file."""


class UploadTooLarge(Exception):
    """The file is larger than the limit."""


class UploadForm:
    """
    Args:
        content_type: of the request.
        token_field: the name of the field with the token.
        check: is given the token, and raises where it is not ours.
        largest_bytes: of the file.

    Raises:
        UploadUnreadable: the request is no such form.
    """

    def __init__(self, content_type: str, token_field: str, check: Callable[[str], None], largest_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise UploadUnreadable
        self._check = check
        self._token_field = token_field.encode()
        self._largest_bytes = largest_bytes
        self._token = b""
        self._checked = self._ended = False
        self._header = self._value = b""
        self._disposition: dict[bytes, bytes] = {}
        self.file: BytesIO | None = None
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise UploadUnreadable from None

    def feed(self, piece: bytes) -> None:
        """The next bytes of the request.

        Raises:
            UploadUnreadable: they are no such form's.
            UploadTooLarge: see there.
        """
        try:
            self._parser.write(piece)
        except FormParserError:
            raise UploadUnreadable from None

    def whole_file(self) -> BytesIO:
        """The file, once all has come.

        Raises:
            UploadUnreadable: it broke off, or there is no file in it.
        """
        if not self._ended or self.file is None or not self.file.tell():
            raise UploadUnreadable
        self.file.seek(0)
        return self.file

    def _end(self) -> None:
        self._ended = True

    def _begin(self) -> None:
        self._disposition = {}

    def _header_name(self, piece: bytes, start: int, end: int) -> None:
        self._header += piece[start:end]

    def _header_value(self, piece: bytes, start: int, end: int) -> None:
        self._value += piece[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, self._disposition = parse_options_header(self._value)
        self._header = self._value = b""

    def _headers_end(self) -> None:
        if b"filename" not in self._disposition:
            return
        if not self._checked or self.file is not None:
            raise UploadUnreadable
        self.file = BytesIO()

    def _data(self, piece: bytes, start: int, end: int) -> None:
        if b"filename" in self._disposition and self.file is not None:
            if self.file.tell() + end - start > self._largest_bytes:
                raise UploadTooLarge
            self.file.write(memoryview(piece)[start:end])
        elif self._disposition.get(b"name") == self._token_field:
            self._token += piece[start:end]
            if len(self._token) > LONGEST_TOKEN_BYTES:
                raise UploadUnreadable

    def _part_end(self) -> None:
        if self._disposition.get(b"name") == self._token_field and not self._checked:
            self._check(self._token.decode("latin-1"))
            self._checked = True
