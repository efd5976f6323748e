"""Ports for servers: never one that the system may lend to somebody else in between."""

import socket

from gateway.kit.ports import HOW_MANY, LOWEST, free_port


def test_a_port_is_below_those_lent_to_outgoing_connections_and_can_be_listened_on() -> None:
    port = free_port()
    assert LOWEST <= port < LOWEST + HOW_MANY <= 32_768
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))


def test_the_wanted_port_is_given_where_it_is_free_and_another_where_it_is_taken() -> None:
    port = free_port()
    assert free_port(port) == port
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        assert free_port(port) != port
