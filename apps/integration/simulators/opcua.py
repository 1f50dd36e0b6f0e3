"""A simulated OPC UA server, with a node for each signal; those that may be written can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asyncua import Server, ua

from apps.integration.listeners.opcua_session import Loop
from apps.integration.protocols.opcua import node_id
from apps.integration.simulators.devices import Change, Devices, Kind, Signal

NAMESPACE = "urn:mes-erp:simulated-machines"
_KINDS = {
    Kind.NUMBER: ua.VariantType.Double,
    Kind.WHOLE: ua.VariantType.Int64,
    Kind.TRUTH: ua.VariantType.Boolean,
}


class OpcuaDevice:
    """One server for all signals of a connection, open to this machine alone."""

    def __init__(self, devices: Devices, address: str) -> None:
        self.devices, self.address = devices, address
        self.loop = Loop()
        self.nodes: dict[str, tuple[Any, ua.VariantType]] = {}

    def start(self) -> None:
        self.loop.__enter__()
        self.loop.run(self._start(), 60)

    def say(self, changes: Sequence[Change]) -> None:
        self.loop.run(self._say(changes))

    def stop(self) -> None:
        self.loop.run(self.server.stop())
        self.loop.__exit__()

    async def _start(self) -> None:
        self.server = Server()
        await self.server.init()
        self.server.set_endpoint(self.address)
        self.server.set_server_name("MES-ERP simulated machines")
        self.server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await self.server.register_namespace(NAMESPACE)
        for path, signal in self.devices.signals.items():
            found = node_id(path)
            if found is None:
                continue
            kind = _kind(signal)
            node = await self.server.nodes.objects.add_variable(
                found, str(found.Identifier), self.devices.values[path], kind
            )
            if signal.is_writable:
                await node.set_writable()
            self.nodes[path] = (node, kind)
        await self._say(self.devices.standing())
        await self.server.start()

    async def _say(self, changes: Sequence[Change]) -> None:
        for one in changes:
            if one.path in self.nodes:
                node, kind = self.nodes[one.path]
                at: Any = one.at
                value = ua.DataValue(ua.Variant(one.value, kind), SourceTimestamp=at)
                await self.server.write_attribute_value(node.nodeid, value)


def _kind(signal: Signal) -> ua.VariantType:
    if signal.is_counter:
        return ua.VariantType.Int64
    return _KINDS.get(Kind(signal.kind), ua.VariantType.String) if signal.kind else _TEXT


_TEXT = ua.VariantType.String
