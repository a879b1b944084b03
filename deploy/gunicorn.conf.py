"""The web server's settings, on one's own machine and in production alike."""

workers = 2
threads = 4
preload_app = True
graceful_timeout = 8
timeout = 60
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
