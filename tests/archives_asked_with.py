"""What schemathesis sends where a ZIP file is taken: archives as they should be, or with something wrong, and any bytes."""

import schemathesis
from hypothesis import strategies as st
from portal_archives import an_archive

RIGHT = an_archive("We walked along the river.")
ARCHIVES = [
    RIGHT,
    RIGHT[:-30],
    RIGHT[30:],
    an_archive("Words.", sha256="0" * 64),
    an_archive("Words.", folder="../one"),
]

schemathesis.openapi.media_type("application/zip", st.sampled_from(ARCHIVES) | st.binary(max_size=1000))
