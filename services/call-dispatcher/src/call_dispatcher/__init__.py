"""call-dispatcher: places calls with the carrier, inside their window, once, and explains itself.

A newcomer reads: `calls` and `attempts` (what there is, and what may happen to it), `retries` (what follows),
`carrier_errors` (whose fault an answer is); then the edges: `store` (PostgreSQL), `ledger` (one happening, one transaction),
`dialer` (who is dialed next), `telephony` (Twilio), `authority` (window-scheduler), `intake` (events in), `relay` (events
out), `sweep` (every 15 s), `__main__` (the wiring).
"""
