"""The quick benchmark: what the service costs, from outside, on this machine.

Four numbers, each the median of five runs: start to the first answer, idle memory, CPU time per text request through the
whole path with an upstream on loopback, and durable jobs per second. Load, upstream and service share the machine; CPU
time is that of the service's process alone.
"""

import asyncio
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Scripts"))
from running_atelier import BINARY, RunningAtelier  # noqa: E402

RUNS = int(os.environ.get("ATELIER_BENCH_RUNS", "5"))
REQUESTS = int(os.environ.get("ATELIER_BENCH_REQUESTS", "5000"))
JOBS = int(os.environ.get("ATELIER_BENCH_JOBS", "10000"))
CONNECTIONS = 32
# How long a process rests before its memory is read.
REST = 2.0


def resident_megabytes(process: int) -> float:
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS")


def cpu_seconds(process: int) -> float:
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_and_memory() -> tuple[float, float]:
    """Milliseconds from the start of the process to its first answer, and its memory after a rest, in MB."""
    with RunningAtelier() as atelier:
        # The first start makes files and keys, and is no measure of the others.
        atelier.wait_until_ready()
        if atelier.stop() != 0:
            raise SystemExit(f"atelier did not stop as told:\n{atelier.log_text()}")
        atelier.start()
        milliseconds = atelier.wait_until_ready("/health/live") * 1000
        atelier.wait_until_ready()
        time.sleep(REST)
        return milliseconds, resident_megabytes(atelier.process.pid)


class Client(asyncio.Protocol):
    """One connection that sends the same request again as soon as it has the answer."""

    def __init__(self, request: bytes, left: list[int], done: asyncio.Future):
        self.request, self.left, self.done, self.buffer = request, left, done, b""

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        if self.left[0] == 0:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.left[0] -= 1
        self.transport.write(self.request)

    def data_received(self, data):
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        if b" 200 " not in head[:16]:
            self.fail(f"answered {self.buffer[:600].decode(errors='replace')}")
            return
        at = head.find(b"content-length:")
        if at < 0:
            self.fail("an answer without Content-Length")
            return
        if len(self.buffer) >= end + 4 + int(head[at + 15:].split(b"\r\n", 1)[0]):
            self.buffer = b""
            self.send()

    def fail(self, reason: str):
        if not self.done.done():
            self.done.set_exception(SystemExit(reason))
        self.transport.close()

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_exception(SystemExit(f"a connection was lost: {error}"))


async def load(port: int, request: bytes, count: int) -> None:
    loop = asyncio.get_running_loop()
    left, waiting = [count], []
    for _ in range(CONNECTIONS):
        done = loop.create_future()
        waiting.append(done)
        await loop.create_connection(lambda: Client(request, left, done), "127.0.0.1", port)
    await asyncio.gather(*waiting)


def text_requests() -> list[tuple[float, float]]:
    """Microseconds of CPU time per request, and requests per second, for each run."""
    upstream = subprocess.Popen(
        [sys.executable, str(HERE / "upstream.py")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{upstream.stdout.readline().strip()}/v1"
        with RunningAtelier(ATELIER_LOCAL_ENGINES=f"local={address}", ATELIER_RATE_LIMIT="0") as atelier:
            atelier.wait_until_ready()
            body = json.dumps({"prompt": "A new coffee from Ghent. " * 20, "system_prompt_type": "social-post"}).encode()
            head = (
                "POST /v1/content/generate/text HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {atelier.token()}\r\nContent-Length: {len(body)}\r\n\r\n")
            request = head.encode() + body
            asyncio.run(load(atelier.port, request, max(REQUESTS // 5, CONNECTIONS)))
            runs = []
            for _ in range(RUNS):
                began, before = time.perf_counter(), cpu_seconds(atelier.process.pid)
                asyncio.run(load(atelier.port, request, REQUESTS))
                spent, took = cpu_seconds(atelier.process.pid) - before, time.perf_counter() - began
                runs.append((spent / REQUESTS * 1e6, REQUESTS / took))
            return runs
    finally:
        upstream.terminate()
        upstream.wait()


def queued_jobs() -> tuple[float, float]:
    """Jobs enqueued, and jobs worked off, per second."""
    with tempfile.TemporaryDirectory(prefix="atelier-bench-") as folder:
        answer = subprocess.run(
            [str(pathlib.Path(BINARY).parent / "QueueBench"), folder, str(JOBS)], capture_output=True, text=True, timeout=600)
    if answer.returncode != 0:
        raise SystemExit(f"QueueBench ended with {answer.returncode}: {answer.stderr}")
    rates = json.loads(answer.stdout)
    return rates["enqueue"], rates["drain"]


def median(values) -> float:
    return statistics.median(values)


def main() -> None:
    starts = [start_and_memory() for _ in range(RUNS)]
    texts = text_requests()
    jobs = [queued_jobs() for _ in range(RUNS)]
    print(f"{os.cpu_count()} cores, {platform.machine()}; medians of {RUNS}")
    print(f"  start to first answer   {median(s[0] for s in starts):10.0f} ms")
    print(f"  idle memory             {median(s[1] for s in starts):10.1f} MB")
    print(
        f"  CPU per text request    {median(t[0] for t in texts):10.0f} µs"
        f"   ({median(t[1] for t in texts):.0f} requests/s, {CONNECTIONS} connections)")
    print(
        f"  durable no-op jobs      {median(j[1] for j in jobs):10.0f} /s"
        f"   (queued at {median(j[0] for j in jobs):.0f}/s, 100 a transaction)")


if __name__ == "__main__":
    main()
