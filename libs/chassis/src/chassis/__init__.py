"""What every Daybook service needs and no service is about.

A newcomer reads: `program` (how a process starts and stops), `settings`, `clock`, `errors`, `logs`, `telemetry`, `health`,
`database` and `migrations` (PostgreSQL), `events` and `bus` (NATS JetStream), `rpc` (gRPC), `waiting`.
"""
