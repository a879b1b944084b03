"""The web server's settings, on one's own machine and in production alike."""

import os
import shutil
import tempfile

workers = 2
threads = 4
preload_app = True
graceful_timeout = 8
timeout = 60
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True

# Each process counts into a file of its own there; /metrics adds them up.
COUNTS = tempfile.mkdtemp(prefix="keyuan-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS


def on_exit(server):
    """The counts end with the server."""
    shutil.rmtree(COUNTS, ignore_errors=True)
