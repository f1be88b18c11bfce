"""Asks a broker who is in its cluster, by one hand-made Metadata request: no JVM, 1 ms."""
import socket
import struct


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("connection closed")
        data += part
    return data


def parse_brokers(body):
    """Broker ids in the body of a Metadata v1 response (after its correlation id)."""
    (count,), at, found = struct.unpack_from(">i", body, 0), 4, []
    for _ in range(count):
        node, host_bytes = struct.unpack_from(">ih", body, at)
        at += 6 + max(host_bytes, 0) + 4  # host, port
        (rack_bytes,) = struct.unpack_from(">h", body, at)
        at += 2 + max(rack_bytes, 0)
        found.append(node)
    return found


def brokers(port, timeout_s=2.0):
    """Sorted ids of the brokers that the one on 127.0.0.1:`port` knows; None when it is deaf."""
    client = b"remora-lab"
    header = struct.pack(">hhih", 3, 1, 7, len(client)) + client
    request = header + struct.pack(">i", 0)  # no topics
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _exactly(connection, 4))
            answer = _exactly(connection, size)
        return sorted(parse_brokers(answer[4:]))
    except (OSError, struct.error):
        return None
