from daybook_cli.embedded import FIRST_OUTGOING_PORT, LOWEST_PORT, free_port


def test_no_port_is_given_twice_though_nobody_listens_on_it_yet():
    given = [free_port() for _ in range(1_000)]
    assert len(set(given)) == len(given)
    assert all(LOWEST_PORT <= port < FIRST_OUTGOING_PORT for port in given)
