"""Prometheus itself reads the example `metrics`: it scrapes it, loads its alert rules, and answers each query of its dashboard.

Run by the step `alerts` of `.ci/run`, with API, METRICS, READ, WRITE and EXPIRED as the example exports them.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent / "examples" / "metrics"
# Only outages, unknown keys and revocation checks would cause these series.
NOT_CAUSED = ["unknown_kid_total", "revocation_checks_total", 'reason="keys_unavailable"']
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "1m", "$__range": "5m"}
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url, token=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with LOOPBACK.open(request, timeout=10) as response:
        return response.read()


def use_the_api():
    """Requests with each result that the example can cause."""
    for token in [os.environ["READ"], os.environ["READ"], None, os.environ["WRITE"], os.environ["EXPIRED"]]:
        with contextlib.suppress(urllib.error.HTTPError):
            get(f"{os.environ['API']}/orders", token)


@contextlib.contextmanager
def prometheus(folder):
    """A server that scrapes the example once a second; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    target = urllib.parse.urlsplit(os.environ["METRICS"]).netloc
    config = folder / "prometheus.json"  # JSON is YAML
    config.write_text(json.dumps({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(EXAMPLE / "alerts.yml")],
        "scrape_configs": [{"job_name": "orders", "static_configs": [{"targets": [target]}]}],
    }))
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
    try:
        yield f"http://{address}/api/v1"
    except Exception:
        print((folder / "log").read_text()[-4000:])
        raise
    finally:
        server.terminate()
        server.wait(30)


def ask(api, path, **parameters):
    answer = json.loads(get(f"{api}/{path}?{urllib.parse.urlencode(parameters)}"))
    assert answer["status"] == "success", answer
    return answer["data"]


def wait_for(what, condition):
    """Waits until it holds; while the server starts, it refuses connections."""
    for _ in range(300):
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def queries():
    dashboard = json.loads((EXAMPLE / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            yield panel["title"], query


def main():
    use_the_api()
    with tempfile.TemporaryDirectory() as folder, prometheus(pathlib.Path(folder)) as api:
        wait_for("two scrapes", lambda: ask(api, "query", query="count_over_time(cognito_authorizer_keys[1m]) >= 2")["result"])
        use_the_api()
        decisions = "sum(rate(cognito_authorizer_decisions_total[1m])) > 0"
        wait_for("a scrape of later requests", lambda: ask(api, "query", query=decisions)["result"])

        rules = [rule for group in ask(api, "rules")["groups"] for rule in group["rules"]]
        wait_for("the rules", lambda: all(
            rule["health"] == "ok" for group in ask(api, "rules")["groups"] for rule in group["rules"]
        ))
        firing = [alert["labels"] for alert in ask(api, "alerts")["alerts"]]
        assert len(rules) == (EXAMPLE / "alerts.yml").read_text().count("- alert: "), rules
        assert firing == [], firing

        asked = 0
        for title, query in queries():
            def result():
                return ask(api, "query", query=query)["result"]

            if any(part in query for part in NOT_CAUSED):
                assert not result(), f"{title}: {query}: {result()}"
            else:
                # A scrape may have come too late, and then there is no value until the next one.
                wait_for(f"{title}: {query}", result)
            asked += 1
        print(f"Prometheus scraped the example `metrics`, loaded {len(rules)} rules, and answered {asked} queries of the dashboard")


main()
