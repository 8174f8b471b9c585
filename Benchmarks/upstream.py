"""A light OpenAI-compatible upstream on loopback: every chat completion gets the same answer of about 1 KB at once.

Prints its port. Its own CPU time is no part of what is measured.
"""

import asyncio
import json

ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "bench",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "word " * 180}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 180, "total_tokens": 240},
}).encode()
MODELS = json.dumps({"object": "list", "data": [{"id": "bench", "object": "model"}]}).encode()


def response(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


COMPLETION, LIST = response(ANSWER), response(MODELS)


class Upstream(asyncio.Protocol):
    def __init__(self):
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length, chunked = 0, b"transfer-encoding: chunked" in head
            for line in head.split(b"\r\n")[1:]:
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            if chunked:
                body_end = self.buffer.find(b"0\r\n\r\n", end + 4)
                if body_end < 0:
                    return
                total = body_end + 5
            else:
                total = end + 4 + length
            if len(self.buffer) < total:
                return
            self.buffer = self.buffer[total:]
            self.transport.write(LIST if head.startswith(b"get") else COMPLETION)


async def main():
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
