"""Does what someone does who has just typed `make run`: waits for the address, and pastes the three calls.

The text must come whole, and the links of the image and of the film must lead to a PNG and an MP4.
"""

import json
import subprocess
import time
import urllib.request

from running_atelier import RunningAtelier


def pasted(line: str) -> str:
    answer = subprocess.run(
        ["bash", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    if answer.returncode != 0:
        raise SystemExit(f"{line}\nended with {answer.returncode}: {answer.stderr}")
    return answer.stdout.strip()


def linked(url: str) -> tuple[str, bytes]:
    if not url.startswith("http://127.0.0.1:"):
        raise SystemExit(f"no link, but: {url}")
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read()


def main() -> None:
    with RunningAtelier() as atelier:
        atelier.wait_until_ready()
        end = time.monotonic() + 10
        calls: list[str] = []
        while len(calls) < 3 and time.monotonic() < end:
            time.sleep(0.05)
            calls = [line for line in atelier.printed.splitlines() if "curl " in line]
        if len(calls) != 3:
            raise SystemExit(f"three calls were to be printed:\n{atelier.printed}")
        text, image, film = (pasted(call) for call in calls)
        record = json.loads(text)["data"]
        if not record["content"] or record["engine"] != "sandbox" or record["tenant_id"] != "test-tenant":
            raise SystemExit(f"not the text that was to come: {text}")
        kind, picture = linked(image)
        if kind != "image/png" or not picture.startswith(b"\x89PNG\r\n\x1a\n"):
            raise SystemExit(f"{image} is no PNG but {kind}")
        kind, movie = linked(film)
        if kind != "video/mp4" or movie[4:8] != b"ftyp":
            raise SystemExit(f"{film} is no MP4 but {kind}")
    print(f"A text, a picture of {len(picture)} bytes and a film of {len(movie)} bytes; stopped as told.")


if __name__ == "__main__":
    main()
