"""The site's door: `granian --interface rsgi learn.rsgi:application`. It hands whole requests to learn/wsgi.py.

granian's own WSGI calls the site before the body is there, and merges headers: eight visitors who sent their bodies
slowly stopped all threads, and `X_Forwarded_For` replaced the proxy's `X-Forwarded-For`, because both are
HTTP_X_FORWARDED_FOR. So this module reads headers as they came and bodies without a thread, both with limits
(ruling 35). Only a complete request gets one of the THREADS threads. RSGI is granian's interface for this.

Paths not taken: ASGI. Each request changes threads three times more, and a page took twice as long. A thread pool of
Python's: handing it a request and waiting for it takes three times as long as a queue and a future.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from itertools import chain
from queue import SimpleQueue
from threading import Thread
from typing import Any

from django.conf import settings
from django.utils import translation
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]

# First: it names the settings, which the rest reads, and says in one sentence why the site cannot start.
from learn.wsgi import application as site

# isort: split
from learn import gate

SECONDS = 30  # for a whole body; forms have a few kilobytes
WAITING = 64 * 1024 * 1024  # bytes of all bodies that one worker keeps at a time
MORE = 8 * gate.LONGEST  # bytes of a refused body that are read and thrown away, so that a browser shows the answer
GONE = -1
CHUNK = 64 * 1024  # a file is sent in parts of this size

# Only the event loop changes these.
_waiting = 0  # bytes of bodies in this worker
_open = 0  # requests that have a thread or wait for one
_threads: list[Thread] = []
_requests: SimpleQueue[tuple[dict[str, Any], HTTPProtocol, asyncio.Future[None]] | None] = SimpleQueue()


async def application(scope: Scope, protocol: HTTPProtocol) -> None:
    """Answer one request (the RSGI entry point)."""
    global _waiting
    environ, body, parts = _environ(scope), bytearray(), _parts(protocol)
    try:
        refused = gate.refused(environ)
        if not refused and ("CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ):
            refused = await _read(parts, environ, body)
        if refused == GONE:
            return
        if refused:
            gate.refuse(environ, refused)
            if refused != HTTPStatus.REQUEST_TIMEOUT and "HTTP_EXPECT" not in environ:  # who asks first, sent no body
                await _throw_away(parts)
        sent = b"" if refused else bytes(body)
        environ["CONTENT_LENGTH"] = str(len(sent))
        environ["wsgi.input"] = io.BytesIO(sent)
        await _in_a_thread(environ, protocol)
    finally:
        _waiting -= len(body)


async def _in_a_thread(environ: dict[str, Any], protocol: HTTPProtocol) -> None:
    """Let one of the threads answer. A thread is started only when all others are busy: each has its own connection."""
    global _open
    _open += 1
    if len(_threads) < min(_open, settings.THREADS):
        _threads.append(Thread(target=_work, name=f"request_{len(_threads)}", daemon=True))
        _threads[-1].start()
    done = asyncio.get_running_loop().create_future()
    _requests.put((environ, protocol, done))
    try:
        await done
    finally:
        _open -= 1
        del done  # as `failed` below


def _work() -> None:
    """Answer one request after the other: all that a thread does."""
    # Without an active language, Django finds that out by an exception each time that a page asks for it.
    translation.activate(settings.LANGUAGE_CODE)
    while request := _requests.get():
        _try_to_answer(*request)
        del request


def _try_to_answer(environ: dict[str, Any], protocol: HTTPProtocol, done: asyncio.Future[None]) -> None:
    loop, failed = done.get_loop(), None
    try:
        _answer(environ, protocol, loop)
    except BaseException as error:  # granian logs it and answers 500
        failed = error
    with suppress(RuntimeError):  # the worker ends, and its loop is closed
        loop.call_soon_threadsafe(_finish, done, failed)
    failed = None  # the error knows this frame, and would be kept by it


def _finish(done: asyncio.Future[None], failed: BaseException | None) -> None:
    if not done.done():  # else it was cancelled
        done.set_exception(failed) if failed else done.set_result(None)


@atexit.register
def _finish_all() -> None:
    """Let each thread end what it has begun, when the worker ends."""
    for _ in _threads:
        _requests.put(None)
    for thread in _threads:
        thread.join()


async def _parts(protocol: HTTPProtocol) -> AsyncIterator[bytes]:
    """Yield the body. Unlike granian's own iterator, this one can be left and taken up again."""
    async for part in protocol:
        yield part


async def _read(parts: AsyncIterator[bytes], environ: dict[str, Any], body: bytearray) -> int:
    """Read the body. Return 0; or the status that refuses a long or slow one; or GONE if the visitor went away."""
    global _waiting
    try:
        async with asyncio.timeout(SECONDS):
            async for part in parts:
                body += part
                _waiting += len(part)
                if len(body) > gate.LONGEST:
                    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                if _waiting > WAITING:
                    return HTTPStatus.SERVICE_UNAVAILABLE
    except TimeoutError:
        return HTTPStatus.REQUEST_TIMEOUT
    # Part of a form is no form.
    return 0 if len(body) == int(environ.get("CONTENT_LENGTH", len(body))) else GONE


async def _throw_away(parts: AsyncIterator[bytes]) -> None:
    """Read on for a moment. A browser that is still sending would show "connection reset" and not the answer."""
    read = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            async for part in parts:
                read += len(part)
                if read > MORE:
                    return


def _environ(scope: Scope) -> dict[str, Any]:
    """Return the WSGI environment of a request: its headers by `gate.headers`, and nothing of the process's own."""
    server, _, port = scope.server.rpartition(":")
    return {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "SERVER_NAME": server or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        # HTTP/2 names the host outside the headers.
        **({"HTTP_HOST": scope.authority} if scope.authority and scope.http_version == "2" else {}),
        **gate.headers(scope.headers.items()),
    }


def _answer(environ: dict[str, Any], protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
    """Let the site answer, in a thread. Send a short response in one part, a file in several."""
    began: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        began[:] = [(int(status[:3]), headers)]

    response: Any = site(environ, start)
    with closing(response), suppress(ProtocolClosed):  # the visitor has gone: nothing is lost
        parts = _in_chunks(response)
        first = next(parts)
        second = next(parts, None)
        if second is None:
            protocol.response_bytes(*began[0], first)
            return
        _stream(protocol.response_stream(*began[0]), chain((first, second), parts), loop)


def _stream(stream: Any, parts: Iterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
    """Send these parts. The response ends when nothing knows `stream` any more, also if an error follows."""
    for part in parts:
        asyncio.run_coroutine_threadsafe(_send(stream, part), loop).result()


async def _send(stream: Any, part: bytes) -> None:
    await stream.send_bytes(part)


def _in_chunks(parts: Any) -> Iterator[bytes]:
    """Join small parts of a response, because each one sent is a change of threads. Yields at least one."""
    held = bytearray()
    for part in parts:
        held += part
        if len(held) >= CHUNK:
            yield bytes(held)
            held.clear()
    yield bytes(held)
