"""A real OPC UA server on this machine, for tests: started, stopped, started again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncua
from asyncua import Server
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.user_managers import UserManager

from apps.integration.listeners.opcua_session import Loop
from tests.integration.broker import free_port

ua: Any = asyncua.ua
NAMESPACE = "urn:tests:machines"


class _People(UserManager):
    """Lets in whoever says the password, and notes what was said."""

    def __init__(self, password: str) -> None:
        self.password, self.said = password, list[tuple[Any, Any]]()

    def get_user(
        self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> User | None:
        self.said.append((username, password))
        return User(role=UserRole.User) if password == self.password else None


class OpcuaServer:
    """Nodes ``ns=2;s=m/<name>``: ``state`` (text), ``good`` and ``scrap`` (counters)."""

    def __init__(
        self, *, folder: Path | None = None, password: str = "", policies: Any = ()
    ) -> None:
        self.port, self.folder, self.policies = free_port(), folder, policies
        self.people = _People(password) if password else None
        self.loop = Loop()
        self.loop.__enter__()
        self.nodes: dict[str, Any] = {}
        self.kinds: dict[str, Any] = {}
        self.is_running = False

    @property
    def address(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/machines"

    def start(self, **values: Any) -> None:
        self.loop.run(self._start({"state": "READY", "good": 0, "scrap": 0.0} | values))
        self.is_running = True

    def stop(self) -> None:
        if self.is_running:
            self.is_running = False
            self.loop.run(self.server.stop())

    def put(self, name: str, value: Any, at: datetime | None = None, status: Any = None) -> None:
        """Say a value with its source's time and status."""
        kind = self.kinds[name]
        data = ua.DataValue(
            ua.Variant(value, kind),
            StatusCode=ua.StatusCode(status or ua.StatusCodes.Good),
            SourceTimestamp=at or datetime.now(UTC),
        )
        self.loop.run(self.server.write_attribute_value(self.nodes[name].nodeid, data))

    def value(self, name: str) -> Any:
        return self.loop.run(self.nodes[name].read_value())

    @staticmethod
    def _kind(value: Any) -> Any:
        if isinstance(value, bool):
            return ua.VariantType.Boolean
        if isinstance(value, int):
            return ua.VariantType.Int32
        return ua.VariantType.Double if isinstance(value, float) else ua.VariantType.String

    async def _start(self, values: dict[str, Any]) -> None:
        self.server = Server(user_manager=self.people)
        await self.server.init()
        self.server.set_endpoint(self.address)
        if self.folder is not None:
            await self._certify(self.folder)
        if self.policies:
            self.server.set_security_policy(list(self.policies), SimpleRoleRuleset())
        index = await self.server.register_namespace(NAMESPACE)
        for name, value in values.items():
            await self.add(name, value, index)
        await self.server.start()

    async def add(self, name: str, value: Any, index: int = 2) -> None:
        self.kinds[name] = self._kind(value)
        node = ua.NodeId(f"m/{name}", index)
        self.nodes[name] = await self.server.nodes.objects.add_variable(
            node, name, value, self.kinds[name]
        )

    async def _certify(self, folder: Path) -> None:
        from asyncua.crypto.cert_gen import setup_self_signed_certificate
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key, certificate = folder / "server.pem", folder / "server.der"
        await self.server.set_application_uri("urn:tests:server")
        await setup_self_signed_certificate(
            key, certificate, "urn:tests:server", "127.0.0.1",
            [ExtendedKeyUsageOID.SERVER_AUTH], {},
        )  # fmt: skip
        await self.server.load_certificate(str(certificate))
        await self.server.load_private_key(str(key))

    def __enter__(self) -> OpcuaServer:
        self.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        self.loop.__exit__()
