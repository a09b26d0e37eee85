"""BENCHMARKS.md, from the results of a run. Every sentence with a figure takes it from the results."""

import json
import re
from statistics import median

import charts
from figures import Figure, cpu_rounds, difference, more, number, ratio
from names import BARE, BASE, FASTIFY, NO_FETCH, OURS, UNCACHED
from targets import alternatives, best_alternative, beyond_base, pair, targets

LOADS = {
    "hot": "one token",
    "distinct": "10,000 tokens in turn",
    "forged": "forged signatures",
    "unknown": "unknown keys",
    "garbage": "malformed tokens",
}
# The paths of the instruction counts.
PATHS = {
    "hit": "known token",
    "cold_user": "unknown token of a user",
    "cold_machine": "unknown token of a machine client",
    "garbage": "malformed token",
    "unknown_key": "unknown `kid`",
    "hit_metered": "known token, with the feature `metrics` and no recorder",
    "hit_recorded": "known token, with the feature `metrics` and the recorder of `metrics-exporter-prometheus`",
}
# The cryptography, and what each checks beside signature, issuer and times.
ALTERNATIVES = {
    "axum-jwks": ("ring", "–"),
    "axum-jwt-auth": ("aws-lc", "–"),
    "jwt-authorizer": ("ring", "–"),
    "oauth-resource-server": ("ring", "`aud`, `client_id`"),
    "tower-oauth2-resource-server": ("aws-lc", "–"),
    FASTIFY: ("OpenSSL in Node.js", "`client_id`, `token_use`"),
}


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def target_table(results):
    return table(["what", "target", "measured", ""], (
        [target.what, target.shown_bound(), target.shown(), target.verdict] for target in targets(results)))


def reasons(results):
    for target in targets(results):
        if not target.is_met:
            yield f"- **{target.what}**: {target.explanation()}"


def load_table(results, measured, cell):
    loads = [load for load in LOADS if any(load in by_load for by_load in measured.values())]
    return table(["server", *(LOADS[load] for load in loads)], (
        [server, *(cell(by_load[load]) for load in loads)] for server, by_load in measured.items()))


def server_table(results):
    cells = {server: {load: cpu_rounds(results, server, load) for load in loads} for server, loads in results["loopback"].items()}
    return load_table(results, cells, lambda rounds: Figure(rounds).show())


def throughput_table(results):
    def cell(rounds):
        rate, wait = Figure(r["requests"] / r["seconds"] for r in rounds), Figure(r["p99_us"] / 1000 for r in rounds)
        fetches = sum(r["fetches"] for r in rounds)
        counted = f", {fetches:,} {'fetch' if fetches == 1 else 'fetches'}" if fetches else ""
        return f"{rate.median:,.0f}/s, {number(wait.median)} ms{counted}"

    return load_table(results, results["loopback"], cell)


def in_process_table(results):
    return load_table(results, results["in_process"], lambda rounds: Figure(value / 1000 for value in rounds).show())


def alternatives_table(results):
    return table(["alternative", "version", "cryptography", "checks beside signature, issuer and times"], (
        [name, results["versions"][name], *ALTERNATIVES[name]] for name in alternatives(results)))


def interleaved_table(measured, bases):
    """`bases` maps each name to the one that its difference is taken from."""
    def row(name, values):
        base = bases.get(name)
        beyond = difference(values, measured[base]) if base else None
        return [name, Figure(v / 1000 for v in values).show(" µs"),
                Figure(v / 1000 for v in beyond.values).show(" µs") if beyond else "–",
                ratio(values, measured[base]).show(" ×") if base else "–"]

    return table(["", "CPU", "more than its base", "ratio to its base"], (row(*entry) for entry in measured.items()))


def known_table(results):
    return interleaved_table(results["known"], dict.fromkeys(["prepared value", "known token"], "no-op layer"))


def metrics_table(results):
    def row(name, known):
        base, ours = known["no-op layer"], known["known token"]
        return [name, Figure(v / 1000 for v in ours).show(" µs"),
                Figure(v / 1000 for v in difference(ours, base).values).show(" µs"), ratio(ours, base).show(" ×")]

    return table(["feature `metrics`", "known token", "more than the no-op layer", "ratio to the no-op layer"], [
        row("off", results["known"]), row("on, without a recorder", results["metrics"]["no recorder"]),
        row("on, with the recorder of `metrics-exporter-prometheus`", results["metrics"]["Prometheus"])])


def check_table(results):
    return interleaved_table(results["checks"], {name: f"{name.split(',')[0]}, always allowed" for name in results["checks"]
                                                 if not name.endswith("always allowed")})


def core_table(results):
    most = results["machine"]["cores"]
    return table(["", "1 thread", f"{most} threads", "ratio"], (
        [name, Figure(by_threads["1"]).show("/s", 0), Figure(by_threads[str(most)]).show("/s", 0),
         ratio(by_threads[str(most)], by_threads["1"]).show(" ×")] for name, by_threads in results["cores"].items()))


def refresh_table(results):
    names = {NO_FETCH: "is only asked because of unknown keys", "good": "answers at once", "slow": "answers after 2 s", "failing": "answers 500",
             "hanging": "never answers"}

    def row(mode, rounds):
        p50, p99, longest = (Figure(r[key] / 1000 for r in rounds).show(" ms") for key in ("p50_us", "p99_us", "max_us"))
        return [names[mode], p50, p99, longest, *(f"{sum(r[key] for r in rounds):,}" for key in ("requests", "fetches"))]

    return table(["the endpoint", "median", "99th percentile", "longest", "requests", "fetches"],
                 (row(*entry) for entry in results["refresh"].items()))


def memory_table(results):
    (_, start), *_ = results["memory"]
    return table(["tokens seen", "memory", "more than before the first"], (
        [f"{tokens:,}", f"{occupied / 1e6:.1f} MB", f"{(occupied - start) / 1e6:.1f} MB"] for tokens, occupied in results["memory"]))


def instruction_table(results):
    kept = results["kept_instructions"]
    return table(["path", "instructions", "kept count"], (
        [PATHS.get(path, f"`{path}`"), f"{count:,}", f"{kept[path]:,}" if path in kept else "–"] for path, count in results["instructions"].items()))


def micro_table(results):
    return table(["benchmark", "time"], (
        [f"`{name}`", Figure(value / 1000 for value in medians).show(" µs")] for name, medians in results["micro"].items()))


# The tables that a run prints.
TABLES = [target_table, server_table, throughput_table, in_process_table, known_table, check_table, core_table, refresh_table,
          memory_table, instruction_table, micro_table]


def graph(folder, name, description):
    """The light or the dark version, as the page is."""
    file = f"{folder}/{name}"
    return (f'<picture><source media="(prefers-color-scheme: dark)" srcset="{file}-dark.svg">'
            f'<img alt="{description}" src="{file}-light.svg"></picture>')


def bars_in_words(results):
    """The graph of the servers for those who do not see it."""
    spent = next(chart for chart in charts.charts(results) if chart["name"] == "servers")["bars"]
    return "CPU of the server per request: " + ", ".join(f"{name} {number(value)} µs" for name, value in spent.items())


def lines_in_words(chart):
    series = []
    for name, points in chart["lines"].items():
        (least, first), (most, last) = points[0], points[-1]
        series.append(f"{name} {number(first)} with {least:,} and {number(last)} with {most:,}")
    return f"{chart['title']}, in {chart['unit']}: " + "; ".join(series)


def sections(results, graphs):
    machine, effort = results["machine"], results["effort"]
    missed = list(reasons(results))
    yield "# Benchmarks"
    yield (
        f"Measured on {results['began'][:10]} in {results['minutes']:.0f} minutes at commit `{machine['commit']}`: {machine['processor']}, "
        f"{machine['cores']} cores, Linux {machine['kernel']}, {machine['compiler']}, Node.js {machine['node']}, wrk {machine['wrk']}. "
        f"The load of the machine before was {machine['load']:.1f}."
    )
    yield (
        "```sh\ncrates/bench/run            # everything, into this file; at most 15 minutes\n"
        "crates/bench/run --quick    # less of everything; 3 minutes\n```"
    )
    yield (
        "How to read the figures:\n\n"
        f"- **The base** is the same router with a layer that does nothing (“{BASE}”): its service forwards the request and returns the "
        "inner service's future. axum boxes that service and future as it boxes those of any layer, so the base includes what a "
        "router charges for having a layer. The handler of the base takes no arguments; every other handler takes the caller's "
        f"claims. “{BARE.capitalize()}” is the router without a layer.\n"
        "- **Figures** are medians of several rounds. In brackets is the range of the middle half of the rounds.\n"
        "- **Ratios and differences** are taken within a round, in which both sides are measured one after the other. They can "
        "therefore differ from the ratio of two medians.\n"
        "- **A known token** has been verified before and is in the cache. An unknown token is verified in full. **Cache off** means "
        "that no token is remembered, so each is verified in full.\n"
        "- **CPU** is time that the processor spent on the server, the kernel's work included. The benchmarks at the end measure "
        "elapsed time.\n\n"
        "All results are in [`results.json`](crates/bench/results.json)."
    )
    yield "## Targets"
    count = len(targets(results))
    yield f"{count - len(missed)} of {count} targets are met." + (" The reasons for the others are below the table." if missed else "")
    yield "\n".join(target_table(results))
    if missed:
        yield "Why targets are not met:\n\n" + "\n".join(missed)
    yield from server_sections(results, graphs)
    yield from in_process_sections(results)
    yield "## While keys are fetched"
    yield (
        "How long a request with a known token takes while the server fetches its keys continually (0.1 s after each fetch), and "
        f"another client sends up to ten requests a second with unknown keys. Each of the {effort['refresh']} rounds takes 2 s for each "
        "row, with two connections. The fetch time-out is 2.5 s."
    )
    yield "\n".join(refresh_table(results))
    yield "## Growth"
    for chart in charts.charts(results):
        if "lines" in chart and chart["name"] != "memory":
            yield graph(graphs, chart["name"], lines_in_words(chart))
    yield from memory_section(results, graphs)
    yield "## Instructions"
    yield (
        "Instructions per request in Rust code, counted by callgrind. aws-lc and libc are not counted, as they choose their code by "
        "processor. `crates/bench/run instructions` compares them with the counts in `crates/bench/instructions.txt`, and allows 3 %."
    )
    yield "\n".join(instruction_table(results))
    yield "## Single operations"
    yield "Elapsed time. A `request` is a call of the layer around a service that does nothing, without a router."
    yield "\n".join(micro_table(results))


def server_sections(results, graphs):
    effort = results["effort"]
    best = best_alternative(results)
    layer = difference(*pair(results, "hot", BASE, BARE))
    ours = difference(*pair(results, "hot", OURS, BASE))
    yield "## Servers"
    yield (
        f"With one token, the no-op layer takes {more(layer.median / 1000)} CPU per request than bare axum, and {OURS} with a known token "
        f"takes {more(ours.median / 1000)} than the no-op layer. Both are medians of {effort['pairs']} rounds in which only these servers "
        f"ran. With the cache off, {OURS} takes {more(median(beyond_base(results, UNCACHED)))} than the no-op layer; the best alternative, "
        f"{best}, takes {more(median(beyond_base(results, best)))} (medians of the {effort['rounds']['hot']} rounds of all servers)."
    )
    yield (
        "The table shows CPU per request in microseconds. The server has one core, and `wrk` with 32 connections the other, so the "
        "server is never idle. The alternatives verify every token in full, known or not. The first three rows, with one token and with "
        f"10,000, are from the {effort['pairs']} rounds in which only these servers ran, because they differ by little; all other figures "
        f"are from {effort['rounds']['unknown']} to {effort['rounds']['hot']} rounds of all servers in turn."
    )
    yield "\n".join(server_table(results))
    yield graph(graphs, "servers", bars_in_words(results))
    yield "Requests per second, the 99th percentile of the response time, and, if there were any, the fetches of keys in all rounds:"
    yield "\n".join(throughput_table(results))
    yield (
        "The same routers without a socket, in microseconds of CPU. The time to make the request is included. Each server runs in a "
        "process of its own, so that small differences between two rows say little; for those, see the next section."
    )
    yield "\n".join(in_process_table(results))
    yield (
        "The table below shows what the alternatives check. `jwt-authorizer` is for axum 0.7. `oauth-resource-server` requires an audience, so it gets the same "
        f"tokens with an `aud` claim; all other servers get access tokens as Cognito issues them. {OURS} checks `client_id` and "
        "`token_use`."
    )
    yield "\n".join(alternatives_table(results))


def in_process_sections(results):
    rounds = len(next(iter(results["known"].values())))
    yield "## A known token, in process"
    yield (
        f"Four routers, measured in turn in one process, 50 requests each time: the medians of {rounds} rounds. The time to make the "
        "request is not included. “Prepared value” is a layer that checks nothing: it puts the same value into the extensions of each "
        "request, and the handler takes it. A layer that tells the handler who the caller is cannot do less, so the row shows how much "
        "of our cost is the check."
    )
    yield "\n".join(known_table(results))
    if "metrics" in results:
        yield from metrics_section(results)
    yield from forward_auth_section(results)
    yield from cores_section(results)


def metrics_section(results):
    yield "## Metrics"
    beyond = lambda known: median(difference(known["known token"], known["no-op layer"]).values) / 1000
    off, silent, recorded = (beyond(known) for known in (results["known"], *results["metrics"].values()))
    yield (
        "The same measurement with the feature `metrics`, each in processes of its own with their own base. With a known token, the layer "
        f"takes {more(off)} than the no-op layer with the feature off, {more(silent)} with the feature on and no recorder, and "
        f"{more(recorded)} with a recorder."
    )
    yield "\n".join(metrics_table(results))


def forward_auth_section(results):
    yield "## Forward auth"
    over_http = ratio(*pair(results, "checks", "known token", "always allowed"))
    described = ratio(*pair(results, "checks", "always the same caller", "always allowed"))
    beyond = difference(*pair(results, "checks", "known token", "always allowed"))
    yield (
        "A proxy asks `cognito-forward-auth` about each request. The base is a service that allows every check: over HTTP it returns an "
        "empty response; over gRPC it decodes Envoy's message and encodes its answer, as ours does. “Always the same caller” is a service "
        "that allows every check too, with the seven headers that describe a caller, which are the same each time. In process, measured in "
        "turn:"
    )
    yield "\n".join(check_table(results))
    yield (
        f"Over loopback with HTTP, a check of a known token takes {over_http.show(' ×')} of the CPU of a service that allows every check, "
        f"{more(beyond.median / 1000)}; the service with the same caller each time takes {described.show(' ×')} "
        f"({results['effort']['pairs']} rounds, all behind axum's server). gRPC over loopback needs a proxy as its client and is not "
        "measured here."
    )


def cores_section(results):
    yield "## Cores"
    most = results["machine"]["cores"]
    yield (
        f"Requests per second in process with one thread and with {most}, elapsed time, all threads with one router. A server with "
        f"{most} cores over loopback cannot be measured on {most} cores, as the loader needs one. The ratio of the no-op layer shows what "
        "the machine and axum allow."
    )
    yield "\n".join(core_table(results))


def memory_section(results, graphs):
    (_, start), *seen = results["memory"]
    full = [(tokens, occupied) for tokens, occupied in seen if tokens >= 20_000] or seen
    low, high = (pick(occupied for _, occupied in full) - start for pick in (min, max))
    tokens, occupied = next(((t, o) for t, o in seen if t == 10_000), seen[-1])
    yield "## Memory"
    yield (
        f"Anonymous memory of a process that gets {seen[-1][0]:,} tokens, each once. The cache has its default capacity of 16,384. "
        f"{tokens:,} tokens take {number((occupied - start) / tokens / 1000)} kB each. From {full[0][0]:,} tokens on, the cache takes "
        f"{low / 1e6:.1f} to {high / 1e6:.1f} MB. The tokens are signed in the same process."
    )
    yield "\n".join(memory_table(results))
    chart = next(chart for chart in charts.charts(results) if chart["name"] == "memory")
    yield graph(graphs, "memory", lines_in_words(chart))


README_HEAD = "| server | one token | 10,000 different tokens |\n|---|---|---|\n"


def readme_table(results):
    """The rows below [`README_HEAD`]."""
    spent = lambda server, load: median(cpu_rounds(results, server, load))
    row = lambda name, server: [name, *(number(spent(server, load), " µs") for load in ("hot", "distinct"))]
    crates = [name for name in alternatives(results) if name != FASTIFY]
    between = lambda load: " to ".join(f"{pick(spent(name, load) for name in crates):.0f}" for pick in (min, max)) + " µs"
    for cells in [row("axum without a layer", BARE), row("with a layer that does nothing", BASE), row("with this layer", OURS),
                  row("with this layer, cache off", UNCACHED), ["other Rust crates", between("hot"), between("distinct")],
                  row("Fastify with aws-jwt-verify", FASTIFY)]:
        yield "| " + " | ".join(cells) + " |\n"


def write_readme(results, readme):
    """Puts the figures of this run into the README's table."""
    before, head, after = readme.read_text().partition(README_HEAD)
    if not head:
        raise RuntimeError(f"the README has no table with the head {README_HEAD!r}")
    rest = re.sub(r"\A(\|.*\n)*", "", after)
    readme.write_text(before + head + "".join(readme_table(results)) + rest)


def write(results, folder, bench):
    """BENCHMARKS.md and the README's table in the folder; the graphs and the results in the other one."""
    charts.draw(results, bench / "graphs")
    (bench / "results.json").write_text(compact(results))
    text = sections(results, (bench / "graphs").relative_to(folder))
    (folder / "BENCHMARKS.md").write_text("\n\n".join(text) + "\n")
    if (readme := folder / "README.md").is_file():
        write_readme(results, readme)


def compact(results):
    """JSON with one line for each list of figures."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda found: " ".join(found[0].split()), text) + "\n"
