"""Webhooks, verified by somebody else: the public package `standardwebhooks` must accept what arrives.

An endpoint and an address named in a request receive the end of a film, each with its own secret; an altered body must
be refused.
"""

import http.server
import json
import threading
import time

from standardwebhooks import Webhook, WebhookVerificationError

from running_atelier import RunningAtelier

arrived: list[tuple[str, dict[str, str], bytes]] = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


def call(atelier: RunningAtelier, token: str, method: str, path: str, body=None) -> dict:
    status, answer = atelier.request(method, path, body, token)
    if status >= 300:
        raise SystemExit(f"{method} {path} answered {status}: {answer.decode()}")
    return json.loads(answer)


def main() -> None:
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{receiver.server_port}"
    with RunningAtelier(ATELIER_EGRESS_ALLOW="127.0.0.0/8", ATELIER_SANDBOX_RENDER_TIME="100ms") as atelier:
        atelier.wait_until_ready()
        token = atelier.token(role="admin")
        endpoint = call(
            atelier, token, "POST", "/v1/webhooks/endpoints",
            {"url": f"{base}/endpoint", "events": ["job.completed"]})
        secrets = {
            "/endpoint": endpoint["secret"],
            "/request": call(atelier, token, "GET", "/v1/webhooks/signing-secret")["secret"],
        }
        call(
            atelier, token, "POST", "/v1/content/generate/video",
            {"prompt": "Waves", "model": "sora-2", "duration": 4, "webhook_url": f"{base}/request"})
        end = time.monotonic() + 60
        while len(arrived) < 2 and time.monotonic() < end:
            time.sleep(0.05)
    receiver.shutdown()
    if sorted(path for path, _, _ in arrived) != ["/endpoint", "/request"]:
        raise SystemExit(f"one message each was to arrive, not {[path for path, _, _ in arrived]}")
    for path, headers, body in arrived:
        message = Webhook(secrets[path]).verify(body, headers)
        if (message.get("data") or message)["status"] != "completed":
            raise SystemExit(f"{path} got {message}")
        try:
            Webhook(secrets[path]).verify(body.replace(b"completed", b"failed"), headers)
        except WebhookVerificationError:
            continue
        raise SystemExit("an altered body was accepted")
    print("standardwebhooks accepts both messages, and refuses them altered.")


if __name__ == "__main__":
    main()
