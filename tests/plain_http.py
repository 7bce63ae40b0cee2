"""Whom tests trust to speak TLS: nobody, since all that they ask over HTTP is on this machine and speaks none.

A client that is given this does not read the certificates of all the authorities there are, which takes longer than most tests.
"""

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
