"""A running `atelier serve` for scripts: a free port, a data folder that goes with it, and an orderly stop."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("ATELIER_RELEASE_BINARY", str(ROOT / ".build/release/atelier"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RunningAtelier:
    """Starts on entering; stops with SIGTERM on leaving, and complains when it doesn't end with 0."""

    def __init__(self, **settings: str):
        self.folder = tempfile.mkdtemp(prefix="atelier-")
        self.port = free_port()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_") and not k.endswith("_API_KEY")}
        self.environment = inherited | {
            "ATELIER_PORT": str(self.port),
            "ATELIER_DATA_DIR": f"{self.folder}/data",
        } | settings
        self.printed = ""

    def __enter__(self) -> "RunningAtelier":
        self.start()
        return self

    def start(self) -> None:
        self.began = time.perf_counter()
        self.log = open(f"{self.folder}/log", "ab")
        # In its folder, so that a .env of the clone has no say.
        self.process = subprocess.Popen(
            [BINARY, "serve"], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.printed += line

    def wait_until_ready(self, path: str = "/health/ready", seconds: float = 30) -> float:
        """Returns how long after its start it answered `path` with 200, in seconds."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            try:
                if self.request("GET", path, timeout=2)[0] == 200:
                    return time.perf_counter() - self.began
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"atelier ended with {self.process.returncode}:\n{self.log_text()}")
            time.sleep(0.002)
        raise SystemExit(f"atelier was not ready within {seconds} s:\n{self.log_text()}")

    def log_text(self) -> str:
        return pathlib.Path(self.log.name).read_text(errors="replace")[-4000:]

    def token(self, tenant: str = "test-tenant", role: str = "member") -> str:
        answer = subprocess.run(
            [BINARY, "token", "--tenant", tenant, "--role", role], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60)
        if answer.returncode != 0:
            raise SystemExit(f"atelier token ended with {answer.returncode}: {answer.stderr}")
        found = re.search(r"[\w-]+\.[\w-]+\.[\w-]+", answer.stdout)
        if not found:
            raise SystemExit(f"atelier token printed no token: {answer.stdout}")
        return found.group()

    def connect(self, timeout: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method: str, path: str, body=None, token: str | None = None, timeout: float = 60):
        """Returns the status and the bytes of the answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection = self.connect(timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def stop(self) -> int | None:
        """Returns the exit code; None when it didn't end within 45 s."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=45)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        self.reader.join(timeout=5)
        self.log.close()
        return code

    def __exit__(self, kind, *_) -> None:
        code = self.stop()
        log = self.log_text()
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is None and code != 0:
            ending = "did not end within 45 s" if code is None else f"ended with {code}"
            raise SystemExit(f"told to stop, atelier {ending}:\n{log}")
