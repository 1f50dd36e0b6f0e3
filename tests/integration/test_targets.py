"""Webhooks never reach an address inside, however it is written, resolved or redirected to."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.integration.services import targets
from apps.integration.services.sending import send
from apps.integration.services.targets import check_url, is_allowed, resolve
from tests.integration.receiver import Receiver

SECRET = "whsec_" + "c2VjcmV0" * 4


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.WEBHOOK_PORTS = [443, 8443]
    settings.WEBHOOK_INTERNAL_NETWORKS = []
    settings.WEBHOOK_ALLOW_HTTP = False


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.3",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "3fff::1",
        "nonsense",
    ],
)
def test_addresses_inside_are_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
)
def test_addresses_outside_are_allowed(address: str) -> None:
    assert is_allowed(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://example.com/#part",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://exämple.com/",
        "https://①②⑦.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fec0::1]/",
        "https://localhost/",
        "https://db.internal/",
        "https://-example.com/",
        "https://example..com/",
        "https://example.com/" + "x" * 500,
    ],
)
def test_urls_that_are_refused_without_asking(url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _never)
    with pytest.raises(InvalidInput) as refused:
        check_url(url)
    assert (refused.value.code, refused.value.field) == ("url_not_allowed", "url")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?x=1",
        "https://a-b.example.co.uk:8443/",
        "https://93.184.216.34/",
        "https://[2606:4700::1111]/",
        "https://xn--exmple-cua.com/",
        "https://3com.example/",
    ],
)
def test_urls_that_may_be_asked_for(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.5"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["93.184.216.34", "192.168.0.1"],
        ["2606:4700::1111", "fd00::1"],
    ],
)
def test_a_name_that_leads_inside_is_refused(answers: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _answering(answers))
    with pytest.raises(InvalidInput, match="may not be reached"):
        resolve("https://rebind.example/")


def test_a_name_is_resolved_once_and_the_checked_address_connected_to(
    receiver: Receiver, monkeypatch: Any
) -> None:
    """DNS rebinding: the second answer would be another address; nobody asks for it."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def once(host: str, port: int, *args: Any, **more: Any) -> Any:
        if host == "rebind.example":
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
            return real(address, port, *args, **more)
        return real(host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    outcome = send(
        f"http://rebind.example:{receiver.port}/x", b"{}", message_id="msg_1", secrets=[SECRET]
    )
    assert (outcome.status_code, outcome.error) == (204, "")
    assert asked == ["rebind.example"]
    assert receiver.messages[0].headers["host"] == f"rebind.example:{receiver.port}"


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    receiver.answers = [302]
    receiver.headers = {"location": f"http://127.0.0.1:{receiver.port}/inside"}
    outcome = send(receiver.url, b"{}", message_id="msg_1", secrets=[SECRET])
    assert not outcome.is_delivered
    assert outcome.status_code == 302
    assert "redirect" in outcome.error.lower()
    assert [message.path for message in receiver.messages] == ["/hook"]


def test_not_a_packet_goes_inside(monkeypatch: Any) -> None:
    monkeypatch.setattr(socket, "create_connection", _never)
    monkeypatch.setattr(socket, "getaddrinfo", _answering(["127.0.0.1"]))
    outcome = send("https://evil.example/", b"{}", message_id="msg_1", secrets=[SECRET])
    assert outcome.status_code is None
    assert "may not be reached" in outcome.error


def test_who_drips_runs_out_of_time(receiver: Receiver, monkeypatch: Any) -> None:
    import time

    from apps.integration.services import sending

    def drip(out: Any) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\n" * 20:
                out.write(bytes([byte]))
                out.flush()
                time.sleep(0.05)
        except OSError:
            pass

    receiver.drip = drip
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    begun = time.monotonic()
    outcome = send(receiver.url, b"{}", message_id="msg_1", secrets=[SECRET])
    assert outcome.status_code is None
    assert "time" in outcome.error.lower()
    assert time.monotonic() - begun < 3


def test_a_host_without_address_says_so(monkeypatch: Any) -> None:
    def unknown(*_args: Any, **_more: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    outcome = send("https://gone.example/", b"{}", message_id="msg_1", secrets=[SECRET])
    assert "no address" in outcome.error


def test_certificates_are_checked_for_the_name(monkeypatch: Any) -> None:
    """The pinned connection still asks for the certificate of the URL's host."""
    seen = {}

    class Stream:
        def start_tls(self, context: Any, server_hostname: str, timeout: Any) -> Any:
            seen["host"], seen["checks"] = server_hostname, context.check_hostname
            raise OSError("stop here")

        def close(self) -> None:
            pass

    from apps.integration.services import sending

    monkeypatch.setattr(
        sending._PinnedBackend, "_connect", lambda *a: sending._TimedStream(Stream(), 1e12)
    )
    monkeypatch.setattr(targets.socket, "getaddrinfo", _answering(["93.184.216.34"]))
    send("https://example.com/", b"{}", message_id="msg_1", secrets=[SECRET])
    assert seen == {"host": "example.com", "checks": True}


def _never(*_args: Any, **_more: Any) -> Any:
    raise AssertionError("nobody may be asked")


def _answering(addresses: list[str]) -> Any:
    def answer(host: str, port: int, *_args: Any, **_more: Any) -> Any:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return answer
