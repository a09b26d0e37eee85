"""The graphs of a run, drawn by `plot.py` in an environment of its own."""

import json
import subprocess
import sys
from statistics import median

from figures import cpu_rounds
from names import OURS, UNCACHED
from servers import HERE

ENVIRONMENT = HERE / "target/python"
REQUIREMENTS = HERE / "requirements.txt"


def install():
    """Makes the environment, if it is not there or has other versions."""
    installed = ENVIRONMENT / "installed"
    wanted = REQUIREMENTS.read_text()
    if installed.is_file() and installed.read_text() == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True, stdin=subprocess.DEVNULL)
    subprocess.run([ENVIRONMENT / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary",
                    ":all:", "--requirement", REQUIREMENTS], check=True, stdin=subprocess.DEVNULL)
    installed.write_text(wanted)


def draw(results, folder):
    """Writes every graph to the folder, and removes others."""
    install()
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    subprocess.run([ENVIRONMENT / "bin/python", HERE / "plot.py", folder], input=json.dumps(charts(results)), text=True, check=True)


def charts(results):
    spent = {server: median(cpu_rounds(results, server, "hot")) for server in results["loopback"]}
    found = [{"name": "servers", "title": "CPU of the server per request, one token", "unit": "µs",
              "emphasis": [OURS, UNCACHED], "bars": dict(sorted(spent.items(), key=lambda server: server[1]))}]
    for name, title, x, series in [
        ("pools", "Time per request and the number of user pools", "user pools",
         {"cache off": "scale/pools_cold", "known token": "scale/pools_hit"}),
        ("keys", "Time per request and the number of keys in the pool's set", "keys",
         {"cache off": "scale/keys_cold", "known token": "scale/keys_hit"}),
        ("routes", "Time per request and the number of routes", "routes",
         {"requests for one route": "scale/routes_hit", "requests for every route in turn": "scale/routes_hit_in_turn",
          "look-up alone": "scale/routes", "look-up in axum's router": "scale/router"}),
        ("tokens", "Time per request and the number of known tokens, used in turn", "tokens", {"known tokens": "hit/tokens"}),
    ]:
        lines = {label: points(results, prefix) for label, prefix in series.items()}
        found.append({"name": name, "title": title, "x": x, "unit": "µs per request", "lines": lines})
    (_, start), *seen = results["memory"]
    more = [[tokens, (occupied - start) / 1e6] for tokens, occupied in seen]
    found.append({"name": "memory", "title": "Memory and the number of different tokens seen", "x": "tokens", "unit": "MB",
                  "lines": {"memory": more}})
    return found


def points(results, prefix):
    """The counts of a benchmark's arguments, and the median of each in microseconds."""
    return sorted([int(name.removeprefix(f"{prefix}/")), median(medians) / 1000]
                  for name, medians in results["micro"].items() if name.startswith(f"{prefix}/"))
