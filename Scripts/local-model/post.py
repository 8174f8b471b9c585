"""Makes one social post through Atelier with the local model, plain and streamed, and shows what came."""

import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from running_atelier import RunningAtelier  # noqa: E402

ENGINE = "local"
PROMPT = "A new coffee, roasted in small batches in Ghent, for people who get up early"
TOKENS = int(os.environ.get("ATELIER_LOCAL_MODEL_TOKENS", "80"))
# Two busy cores give about two tokens a second.
DEADLINE = 300


def model_server(weights: str) -> tuple[subprocess.Popen, str]:
    """Starts the model's server; returns it and its address."""
    log = open(pathlib.Path(weights).with_suffix(".log"), "wb")
    server = subprocess.Popen(
        [sys.executable, str(HERE / "serve.py"), weights], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=log, text=True)
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in server.stdout], daemon=True).start()
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            continue
        if line.startswith("listening "):
            return server, line.split()[1]
    server.kill()
    raise SystemExit(f"The model's server did not start; its log is {log.name}")


def check(record: dict) -> None:
    usage = record["usage"]
    print(record["content"].strip())
    print(f"\n  engine {record['engine']}, served by {record['served_by']}, usage {json.dumps(usage)}\n")
    if not record["content"].strip():
        raise SystemExit("The model wrote nothing.")
    if record["engine"] != ENGINE:
        raise SystemExit(f"The engine is {record['engine']}, not {ENGINE}.")
    if min(usage["prompt_tokens"], usage["completion_tokens"]) <= 0:
        raise SystemExit("The usage was not counted.")


def plain(atelier: RunningAtelier, token: str, body: dict) -> None:
    status, answer = atelier.request("POST", "/v1/content/generate/text", body, token, timeout=DEADLINE)
    if status != 200:
        raise SystemExit(f"Plain: {status} {answer.decode(errors='replace')}\n{atelier.log_text()}")
    print("--- plain")
    check(json.loads(answer)["data"])


def streamed(atelier: RunningAtelier, token: str, body: dict) -> None:
    connection = atelier.connect(DEADLINE)
    connection.request(
        "POST", "/v1/content/generate/text", json.dumps(body | {"stream": True}),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Accept": "text/event-stream"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"Streamed: {answer.status} {answer.read().decode(errors='replace')}\n{atelier.log_text()}")
    print("--- streamed")
    event, data, text, deltas, done = "message", [], "", 0, None
    for raw in answer:
        line = raw.decode().rstrip("\r\n")
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            payload = json.loads("\n".join(data))
            if event == "delta":
                deltas += 1
                text += payload["content"]
            elif event == "done":
                done = payload
            elif event == "error":
                raise SystemExit(f"Streamed: {payload}")
            event, data = "message", []
    connection.close()
    if done is None:
        raise SystemExit("The stream had no end.")
    print(f"({deltas} deltas)")
    if deltas < 2 or text != done["content"]:
        raise SystemExit(f"The deltas are not the text: {text!r} and {done['content']!r}")
    check(done)


def main(weights: str) -> None:
    server, address = model_server(weights)
    try:
        deadline = f"{DEADLINE}s"
        with RunningAtelier(ATELIER_LOCAL_ENGINES=f"{ENGINE}={address}/v1", ATELIER_TEXT_DEADLINE=deadline) as atelier:
            atelier.wait_until_ready()
            token = atelier.token()
            body = {"prompt": PROMPT, "system_prompt_type": "social-post", "max_tokens": TOKENS, "temperature": 0.7}
            plain(atelier, token, body)
            streamed(atelier, token, body)
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
    print("A real model answered, plain and streamed.")


if __name__ == "__main__":
    main(sys.argv[1])
