"""Holds a running atelier against the document that it serves, with requests made up by schemathesis.

Nothing works on the jobs that are made: a worker would call the addresses that the requests name. So their events never
end, and are left out.
"""

import os
import pathlib
import subprocess
import sys

from running_atelier import RunningAtelier

SCHEMATHESIS = str(pathlib.Path(sys.executable).parent / "schemathesis")
# Not among them: that all good requests are taken, since a cursor, an id and a used Idempotency-Key are refused for
# reasons that no schema tells; and that what was deleted is gone, since deleting a job cancels it.
CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance",
    "missing_required_header", "ignored_auth", "ensure_resource_availability",
])

# Bad requests may also be too large, or of the wrong type.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]
"""


def run(url: str, token: str, folder: str) -> int:
    command = [
        SCHEMATHESIS, "run", f"{url}/openapi.json", "--url", url, "--header", f"Authorization: Bearer {token}",
        "--max-examples", os.environ.get("EXAMPLES", "25"), "--phases", "coverage,fuzzing,stateful",
        "--checks", CHECKS, "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all",
        "--request-timeout", "90", "--warnings", "off", "--exclude-operation-id", "jobEvents",
    ]
    # In a folder of its own: it reads its configuration and keeps what it has seen where it runs.
    pathlib.Path(folder, "schemathesis.toml").write_text(CONFIGURATION)
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=900).returncode


def main() -> None:
    settings = {"ATELIER_ROLE": "gateway,generation", "ATELIER_RATE_LIMIT": "0", "ATELIER_OPEN_JOBS": "1000000"}
    failed = []
    with RunningAtelier(**settings) as atelier:
        atelier.wait_until_ready()
        for role in ["admin", "platform_admin"]:
            print(f"as {role}", flush=True)
            if run(f"http://127.0.0.1:{atelier.port}", atelier.token(role=role), atelier.folder) != 0:
                failed.append(role)
    if failed:
        raise SystemExit(f"not as the document says, as {' and '.join(failed)}")


if __name__ == "__main__":
    main()
