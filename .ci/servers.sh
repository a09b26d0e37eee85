# shellcheck shell=bash
# Real servers for the tests: ministack twice, moto and Redis, each on a free port of 127.0.0.1. Sourced by `run`, `rotate` and
# `outage`.
#
#   servers_install CACHE    a virtual environment with the pinned versions; a second call finds it ready
#   redis_install            Debian's Redis, if there is none
#   servers_start            starts them and exports what the tests read (see the end of the function)
#   servers_stop             stops every one that was started, by its pid, and removes its state
#
# A server lives in a folder of its own: `pid`, `port`, `log`, `state`.

servers_run=""
servers_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

servers_install() {
  local wanted="$servers_here/servers.requirements.txt"
  servers_cache=$1
  servers_venv="$servers_cache/servers"
  cmp --silent "$wanted" "$servers_venv/installed.txt" && return
  rm -rf "$servers_venv"
  python3 -m venv "$servers_venv"
  "$servers_venv/bin/pip" install --quiet --no-input --no-cache-dir --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$servers_venv/installed.txt"
}

# Installed on the machine, because PyPI has no Redis server. Skipped if there is one already.
redis_install() {
  command -v redis-server >/dev/null && return
  local why=""
  if ! command -v apt-get >/dev/null; then
    why="this is no Debian"
  elif ((EUID != 0)); then
    why="only root may install it"
  elif ! { apt-get --quiet=2 update && DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --yes --no-install-recommends install redis-server; } >&2; then
    why="apt-get has failed, see above"
  fi
  if [[ -n $why ]]; then
    echo "there is no \`redis-server\`, and it cannot be installed: $why; install Redis 6 or later" >&2
    return 1
  fi
}

# A free port outside the range from which the kernel chooses, so that no other program gets it before it is used, or during a restart.
free_port() {
  "$servers_venv/bin/python" - <<'PYTHON'
import random, socket
while True:
    port = random.randrange(20000, 32768)
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
PYTHON
}

# A process that has ended and waits to be collected counts as ended.
alive() {
  [[ -r /proc/$1/status ]] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

# ministack FOLDER: runs it on the folder's port. Its pools outlive a restart (PERSIST_STATE); without BIND_HOST and
# IOT_MTLS_ENABLED=0 it would listen on all addresses.
ministack() {
  local folder=$1 port
  port=$(<"$folder/port")
  mkdir -p "$folder/state"
  (
    cd "$folder" || exit
    exec env BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$port" IOT_MTLS_ENABLED=0 \
      PERSIST_STATE=1 STATE_DIR="$folder/state" TMPDIR="$folder" HOME="$folder" "$servers_venv/bin/ministack"
  ) >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  "$servers_venv/bin/python" "$servers_here/ready.py" $! "http://127.0.0.1:$port/_ministack/health"
}

# moto FOLDER
moto() {
  local folder=$1 port
  port=$(<"$folder/port")
  (
    cd "$folder" || exit
    exec env TMPDIR="$folder" HOME="$folder" "$servers_venv/bin/moto_server" -H 127.0.0.1 -p "$port"
  ) >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  "$servers_venv/bin/python" "$servers_here/ready.py" $! "http://127.0.0.1:$port/moto-api/data.json"
}

# redis FOLDER: keeps everything in memory, so that nothing outlives it.
redis() {
  local folder=$1 port
  port=$(<"$folder/port")
  redis-server --bind 127.0.0.1 --port "$port" --dir "$folder" --save "" --appendonly no --daemonize no \
    >>"$folder/log" 2>&1 </dev/null &
  echo $! >"$folder/pid"
  "$servers_venv/bin/python" "$servers_here/ready.py" $! "redis://127.0.0.1:$port"
}

# server_stop FOLDER: asks, and insists after ten seconds.
server_stop() {
  local folder=$1 pid tries
  [[ -s $folder/pid ]] || return 0
  pid=$(<"$folder/pid")
  kill "$pid" 2>/dev/null || true
  # A test may have left it suspended, and then it hears nothing else.
  kill -CONT "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 200; tries++)); do
    alive "$pid" || break
    sleep 0.05
  done
  if alive "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  rm -f "$folder/pid"
}

# server_start KIND NAME: another port is tried where the first was taken in the meantime.
server_start() {
  local kind=$1 folder="$servers_run/$2" tries
  mkdir -p "$folder"
  for ((tries = 0; tries < 3; tries++)); do
    free_port >"$folder/port"
    if "$kind" "$folder"; then
      echo "$2 answers at 127.0.0.1:$(<"$folder/port")"
      return 0
    fi
    server_stop "$folder"
  done
  echo "$2 did not start; the end of its log:" >&2
  tail -n 40 "$folder/log" >&2
  return 1
}

server_url() { echo "http://127.0.0.1:$(<"$servers_run/$1/port")"; }

servers_start() {
  servers_run=$(mktemp -d "$servers_cache/running.XXXXXX")
  server_start ministack ministack
  server_start ministack ministack-rotating
  server_start moto moto
  server_start redis redis

  # The rotation test restarts the second ministack through this one command, so it needs no other knowledge of it.
  printf '#!/usr/bin/env bash\nexec bash %q %q %q "$@"\n' \
    "$servers_here/rotate" "$servers_cache" "$servers_run/ministack-rotating" >"$servers_run/rotate"
  chmod +x "$servers_run/rotate"

  # The test of an outage stops Redis and starts it again in the same way.
  printf '#!/usr/bin/env bash\nexec bash %q %q %q "$@"\n' \
    "$servers_here/outage" "$servers_cache" "$servers_run/redis" >"$servers_run/outage"
  chmod +x "$servers_run/outage"

  MINISTACK_URL=$(server_url ministack)
  MINISTACK_ROTATING_URL=$(server_url ministack-rotating)
  MINISTACK_ROTATE="$servers_run/rotate"
  MOTO_URL=$(server_url moto)
  REDIS_URL="redis://127.0.0.1:$(<"$servers_run/redis/port")"
  REDIS_OUTAGE="$servers_run/outage"
  BOTO_PYTHON="$servers_venv/bin/python"
  BOTO_SIGN_IN="$servers_here/boto_sign_in.py"
  export MINISTACK_URL MINISTACK_ROTATING_URL MINISTACK_ROTATE MOTO_URL REDIS_URL REDIS_OUTAGE BOTO_PYTHON BOTO_SIGN_IN
}

servers_stop() {
  local folder
  [[ -n $servers_run ]] || return 0
  for folder in "$servers_run"/*/; do server_stop "${folder%/}"; done
  rm -rf "$servers_run"
  servers_run=""
}
