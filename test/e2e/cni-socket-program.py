"""Calls ipamd's socket with Python's gRPC: messages are encoded by hand, from the field numbers of the CNI's rpc.proto.

Usage: cni-socket-program.py SOCKET VERSION
Prints one JSON object.
"""
import json
import sys

import grpc


def text(number, value):
    data = value.encode()
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def fields(data):
    """Fields of a message by number: numbers of varints, bytes of the rest."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            value = varint()
        else:
            assert key & 7 == 2
            length = varint()
            value = data[at : at + length]
            at += length
        found.setdefault(key >> 3, []).append(value)
    return found


def main(socket, version):
    channel = grpc.insecure_channel("unix:" + socket)

    def call(method, request):
        same = lambda message: message
        try:
            return fields(channel.unary_unary(method, request_serializer=same, response_deserializer=same)(request, timeout=10))
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details()}

    def pod(version_number, version, container_number, more=b""):
        named = text(1, "python") + text(2, "default") + text(3, "sandbox")
        return named + text(version_number, version) + text(container_number, "sandbox") + more

    add = lambda version: call("/rpc.CNIBackend/AddNetwork", pod(8, version, 7, text(4, "/ns") + text(5, "eth0") + text(6, "aws-cni")))
    added = add(version)
    allocation = fields(added[2][0])
    removed = call("/rpc.CNIBackend/DelNetwork", pod(9, version, 8, text(5, "PodDeleted") + text(6, "eth0") + text(7, "aws-cni")))
    config = call("/rpc.ConfigServerBackend/GetNetworkPolicyConfigs", b"")
    print(
        json.dumps(
            {
                "health": call("/grpc.health.v1.Health/Check", text(1, "grpc.health.v1.aws-node")),
                "unhealthy": call("/grpc.health.v1.Health/Check", text(1, "other")),
                "added": {
                    "success": added[1][0],
                    "address": allocation[1][0].decode(),
                    "table": allocation[4][0],
                    "cidrs": [cidr.decode() for cidr in added[6]],
                    "mode": added[13][0].decode(),
                },
                "removed": {"success": removed[1][0], "address": fields(removed[2][0])[1][0].decode()},
                "config": {number: config[number][0].decode() for number in (1, 3, 5, 6)},
                "wrong": add("v1.0"),
            }
        )
    )


main(*sys.argv[1:])
