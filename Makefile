# Chores. Each is one word; `make run` is all that a newcomer needs.
# `make pictures` draws every page of what runs, in all sizes and colours, into tests/pictures.
# `make bench` measures every scenario of docs/performance.md beside its floors.
# `make faults` kills, hangs and fills what the product stands on, and counts what is lost: docs/faults.md.
# `make rig` looks for what somebody sees or does against the rules; `make rig-power` how well it looks.
# PORT=8123 make run · DATABASE_URL=… REDIS_URL=… make run · make test ARGS="tests/kernel -x"
.PHONY: run test pictures bench faults rig rig-power check fmt
export ARGS

run test pictures bench faults rig rig-power check fmt:
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is missing: type 'sudo apt-get install python3 python3-venv' and type the command again." >&2; exit 11; }
	@python3 -m launcher $@
