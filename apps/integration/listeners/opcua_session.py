"""A session with an OPC UA server: its channel, its subscription, what it says and is told.

A server that offers Basic256Sha256 is spoken to signed and encrypted, with a certificate that this
installation makes for itself. Where a connection names the fingerprint of the server's certificate
there is no other way. A password never leaves in plain text: where the channel is open, only
encrypted for the server's certificate.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from typing import Any, TypeVar

from asyncua import Client, Node, ua
from asyncua.common.subscription import DataChangeNotif, Subscription
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256, SecurityPolicyNone
from asyncua.crypto.uacrypto import CertProperties

from apps.integration.protocols.opcua import as_variant, node_id, plain, time_of
from apps.integration.protocols.readings import Value, is_same

Result = TypeVar("Result")
APPLICATION = "urn:mes-erp:listener"
#: Seconds: of a request, between looks whether the server is still there.
TIMEOUT, WATCHDOG = 10.0, 5.0
#: Milliseconds between samples and between messages; a queue holds what changes in between.
SAMPLING, PUBLISHING, QUEUE = 100.0, 250.0, 200
MOST_WAITING = 100_000
#: How often, and after how many seconds, a value that was written is looked at.
READ_BACKS, READ_BACK_PAUSE = 10, 0.2
ENCRYPTED = ua.MessageSecurityMode.SignAndEncrypt


class SecurityError(Exception):
    """The server offers no way to speak to it that we would take."""


class Loop:
    """An event loop in a thread of its own; ``run`` does something in it and waits."""

    def __enter__(self) -> Loop:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self

    def run(self, what: Coroutine[Any, Any, Result], seconds: float = 3 * TIMEOUT) -> Result:
        """Raises what it raises, and ``TimeoutError`` when it takes longer than ``seconds``."""
        done = asyncio.run_coroutine_threadsafe(what, self.loop)
        try:
            return done.result(seconds)
        finally:
            done.cancel()

    def __exit__(self, *_: Any) -> None:
        with suppress(TimeoutError):
            self.run(_cancel_all(), TIMEOUT)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Session:
    """One session. Its coroutines run in a ``Loop``; ``values`` and ``is_lost`` are for anyone."""

    def __init__(
        self, address: str, *, username: str, password: str, fingerprint: str, folder: Path
    ) -> None:
        self.username, self.password, self.folder = username, password, folder
        self.fingerprint = fingerprint.replace(":", "").lower()
        #: The signal, its value, and whether it is the first that came of it in this session.
        self.values: Queue[tuple[str, ua.DataValue | None, bool]] = Queue(maxsize=MOST_WAITING)
        self.is_lost = threading.Event()
        self.why_lost = ""
        self.is_encrypted = False
        self.client = Client(address, timeout=TIMEOUT, watchdog_intervall=WATCHDOG)
        self.client.application_uri = APPLICATION
        self.client.name = self.client.description = "MES-ERP"
        self.client.connection_lost_callback = self._lost
        self.subscription: Subscription | None = None
        self.handles: dict[str, int] = {}
        self.paths: dict[ua.NodeId, str] = {}
        self._heard: set[str] = set()

    async def open(self) -> Any:
        """Connect; the server's clock (aware), None where it says none."""
        await self._secure(await self.client.connect_and_get_server_endpoints())
        if self.username:
            self.client.set_user(self.username)
            self.client.set_password(self.password)
        await self.client.connect()
        self.subscription = await self.client.create_subscription(PUBLISHING, self)
        clock = self.client.get_node(ua.ObjectIds.Server_ServerStatus_CurrentTime)
        return time_of(await clock.read_value())

    async def close(self) -> None:
        self.client.connection_lost_callback = None
        with suppress(Exception):  # the server may be gone, and then this is closed too
            await asyncio.wait_for(self.client.disconnect(), TIMEOUT)

    async def follow(self, wanted: Iterable[str]) -> dict[str, str]:
        """Subscribe to these signals and no others; of those that can't be had, why."""
        assert self.subscription is not None  # noqa: S101 - set by open
        kept = set(wanted)
        for path in [path for path in self.handles if path not in kept]:
            with suppress(ua.UaError):
                await self.subscription.unsubscribe(self.handles.pop(path))
            self._heard.discard(path)
        failed, nodes = dict[str, str](), dict[str, Node]()
        for path in sorted(kept - self.handles.keys()):
            found = node_id(path)
            if found is None:
                failed[path] = "BadNodeIdInvalid"
                continue
            other = self.paths.get(found, path)
            if other != path and (other in self.handles or other in nodes):
                failed[path] = f"the same node as {other}"
                continue
            nodes[path] = self.client.get_node(found)
            self.paths[found] = path
        if nodes:
            asked: Iterable[Node] = nodes.values()
            results = await self.subscription.subscribe_data_change(
                asked, queuesize=ua.UInt32(QUEUE), sampling_interval=ua.Double(SAMPLING)
            )
            for path, result in zip(nodes, results, strict=True):
                if isinstance(result, int):
                    self.handles[path] = result
                else:
                    failed[path] = result.name
        return failed

    async def write(self, path: str, value: Value) -> Value:
        """Write a value as the node's own type, and read it until it is that; what it is then.

        Raises ``ua.UaError`` with the server's status where it does not take it.
        """
        found = node_id(path)
        if found is None:
            raise ua.UaStatusCodeError(ua.StatusCodes.BadNodeIdInvalid)
        node = self.client.get_node(found)
        kind = await node.read_data_type_as_variant_type()
        # the value alone: many controllers refuse to have time or status set
        await node.write_value(ua.DataValue(as_variant(value, kind), StatusCode=None))
        said: Value = None
        for _look in range(READ_BACKS):
            said = plain(await node.read_value())
            if is_same(said, value):
                break
            await asyncio.sleep(READ_BACK_PAUSE)
        return said

    def datachange_notification(self, node: Node, _value: Any, data: DataChangeNotif) -> None:
        path = self.paths.get(node.nodeid)
        if path is None:
            return
        is_first = path not in self._heard
        self._heard.add(path)
        try:
            self.values.put_nowait((path, data.monitored_item.Value, is_first))
        except Full:
            self._lose("more came than could be taken")

    def status_change_notification(self, status: ua.StatusChangeNotification) -> None:
        self._lose(status.Status.name)

    async def _lost(self, error: Exception) -> None:
        self._lose(str(error) or type(error).__name__)

    def _lose(self, why: str) -> None:
        self.why_lost = self.why_lost or why
        self.is_lost.set()

    async def _secure(self, endpoints: Sequence[ua.EndpointDescription]) -> None:
        """Choose the channel. Raises ``SecurityError`` when none is good enough."""
        for one in endpoints:
            is_it = one.SecurityPolicyUri == SecurityPolicyBasic256Sha256.URI
            if is_it and one.SecurityMode == ENCRYPTED and one.ServerCertificate:
                await self._encrypt(one)
                return
        if self.fingerprint:
            raise SecurityError("the server offers no Basic256Sha256, signed and encrypted")
        if self.password and not any(map(_takes_sealed_password, endpoints)):
            raise SecurityError("the server would take the password in plain text only")

    async def _encrypt(self, endpoint: ua.EndpointDescription) -> None:
        shown = hashlib.sha256(endpoint.ServerCertificate).hexdigest()
        if self.fingerprint and shown != self.fingerprint:
            raise SecurityError(f"the server's certificate has another fingerprint: {shown}")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        certificate, key = await self.client.setup_self_signed_certificate(
            self.folder / "key.pem", self.folder / "certificate.der"
        )
        key.chmod(0o600)
        await self.client.set_security(
            SecurityPolicyBasic256Sha256,
            certificate,
            key,
            server_certificate=CertProperties(endpoint.ServerCertificate, "der"),  # type: ignore[arg-type]
            mode=ENCRYPTED,
        )
        self.is_encrypted = True


def _takes_sealed_password(endpoint: ua.EndpointDescription) -> bool:
    """Whether an open channel asks for the password encrypted for its certificate."""
    if endpoint.SecurityPolicyUri != SecurityPolicyNone.URI or not endpoint.ServerCertificate:
        return False
    kinds = [t for t in endpoint.UserIdentityTokens if t.TokenType == ua.UserTokenType.UserName]
    sealed = (kinds[0].SecurityPolicyUri if kinds else None) or SecurityPolicyNone.URI
    return sealed == SecurityPolicyBasic256Sha256.URI
