"""Tables, graphs and BENCHMARKS.md, from the results of a run."""

import json
import pathlib
from statistics import median, quantiles

import graph
import instructions

HERE = pathlib.Path(__file__).resolve().parent
OURS, UNCACHED, BARE = "cognito-authorizer", "cognito-authorizer, cache off", "bare axum"
LOAD_NAMES = {
    "hot": "one token",
    "distinct": "10,000 tokens in turn",
    "forged": "forged signatures",
    "unknown": "keys that nobody has",
    "garbage": "no token at all",
}


class Figure:
    """Medians over the rounds, and how far they went apart."""

    def __init__(self, values):
        self.values = list(values)
        self.median, self.low, self.high = median(self.values), min(self.values), max(self.values)

    def show(self, unit="", digits=2):
        text = f"{self.median:,.{digits}f}{unit}"
        return text if len(self.values) == 1 else f"{text} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"


def ratio(above, below):
    """Of the same rounds: what disturbs the one disturbs the other."""
    return Figure(a / b for a, b in zip(above, below))


def cpu(results, server, load):
    return [round["cpu_ns"] / 1000 for round in results["loopback"][server][load]]


def neighbours(results):
    return [name for name in results["loopback"] if name not in (OURS, UNCACHED, BARE)]


def beyond_bare(results, server):
    return [a - b for a, b in zip(cpu(results, server, "hot"), cpu(results, BARE, "hot"))]


def targets(results):
    """Each target of the design: what it is about, the bound, the figure, and what there is to say if it is missed."""
    micro = results["micro"]
    cold = micro["cold/request_user"]
    best = min(neighbours(results), key=lambda name: median(beyond_bare(results, name)))
    hot = lambda load: Figure(ours / bare for bare, ours in results["pairs"][load])
    bare = median(bare for bare, _ in results["pairs"]["hot"]) / 1000
    of = lambda above, below: ratio(micro[above], micro[below])
    scale = lambda name, most, least: of(f"scale/{name}/{most}", f"scale/{name}/{least}")
    little_room = (
        f"Bare axum takes {bare:.1f} µs here, so that the tenth of it is no more than a known token "
        f"costs: {median(micro['hit/request_user']) / 1000:.1f} µs for the hash of the signature, the look-up, the comparison, the "
        "clock, and the request's extension with three allocations of its own (`hit/request_user`); axum adds a box for the layer "
        "and one for the body.")
    cold_memory = "Besides, what 10,000 tokens occupy does not fit the processor's nearer caches."
    rsa_alone = (
        f"RSA alone takes {of('floor/rsa2048', 'floor/jsonwebtoken_decode').median:.2f} × `jsonwebtoken::decode` on this processor, "
        "so that next to nothing is left for all else.")
    of_the_router = (
        f"axum's router alone, by which the table looks up so as to find what axum finds, takes "
        f"{scale('router', 10000, 10).median:.0f} × as long with 10,000 routes as with 10 (`scale/router`), as they do not fit "
        "the processor's nearer caches.")
    of_the_answer = (
        f"Of this the answer is {of('refusal/no_token', 'cold/request_user').median:.3f} ×, as without any token. What may be a token "
        "is looked at byte by byte first, of which an over-long header has 12 kB.")
    rows = [
        ("server CPU per request, one token, against bare axum", 1.10, hot("hot"), little_room),
        ("the same, 10,000 tokens in turn", 1.20, hot("distinct"), f"{little_room} {cold_memory}"),
        (f"CPU beyond bare axum's, cache off, against the best neighbour ({best})", 0.75,
         ratio(beyond_bare(results, UNCACHED), beyond_bare(results, best)), rsa_alone),
        ("cold verification against raw RSA-2048", 1.15, of("cold/verify_user", "floor/rsa2048"), ""),
        ("cold verification against `jsonwebtoken::decode` on aws-lc", 0.70,
         of("cold/verify_user", "floor/jsonwebtoken_decode"), rsa_alone),
        ("request with a known token, less its extension, against SHA-256 of the token", 1.40,
         ratio([a - b for a, b in zip(micro["hit/request_user"], micro["floor/extension"])], micro["floor/sha256"]), ""),
        *((f"refusing {what}, against a cold request", 0.05, ratio(micro[f"refusal/{name}"], cold), of_the_answer) for what, name in [
            ("garbage", "garbage"), ("an unknown `kid` in the cool-down", "unknown_key_in_cool_down"),
            ("an over-long header", "long_header"), ("an over-long token", "long_token")]),
        ("1,000 pools against 1, known token", 1.10, scale("pools_hit", 1000, 1), ""),
        ("1,000 pools against 1, cold", 1.10, scale("pools_cold", 1000, 1), ""),
        ("100 keys against 2, known token", 1.10, scale("keys_hit", 100, 2), ""),
        ("100 keys against 2, cold", 1.10, scale("keys_cold", 100, 2), ""),
        ("10,000 routes against 10, requests of one row", 1.50, scale("routes_hit", 10000, 10), ""),
        ("10,000 routes against 10, requests of every row in turn", 1.50, scale("routes_hit_in_turn", 10000, 10), of_the_router),
        ("10,000 routes against 10, the look-up alone, every row in turn", 1.50, scale("routes", 10000, 10), of_the_router),
    ]
    calm = Figure(round["p99_us"] for round in results["refresh"]["none"])
    of_the_loader = (
        "The loader has its core in common with the key endpoint and the stranger, so that its slowest requests are those that it "
        f"sent late: without any fetch it finds from {calm.low / 1000:.1f} to {calm.high / 1000:.1f} ms. The median of the requests "
        "is in the table below.")
    noise = quantiles(calm.values, n=4)[2] / calm.median if len(calm.values) > 1 else 1
    for mode in ("slow", "failing", "hanging"):
        shown = [round["p99_us"] for round in results["refresh"][mode]]
        # Noise is what the same server does without: the upper quartile of its rounds.
        rows.append((f"p99 while the key endpoint is {mode}, against no fetch", max(1.25, noise),
                     ratio(shown, [round["p99_us"] for round in results["refresh"]["none"]]), of_the_loader))
    return rows


def target_table(results):
    yield "| what | target | measured | |"
    yield "|---|---|---|---|"
    for name, bound, figure, _ in targets(results):
        met = "met" if figure.median <= bound else "**not met**"
        yield f"| {name} | ≤ {bound:.2f} × | {figure.show(' ×')} | {met} |"


def reasons(results):
    for name, bound, figure, reason in targets(results):
        if figure.median > bound:
            yield f"- {name}: {reason or 'no reason is known.'}"


def server_table(results):
    loads = results["effort"]["loads"]
    yield "| server | " + " | ".join(LOAD_NAMES[load] for load in loads) + " |"
    yield "|---|" + "---|" * len(loads)
    for server, by_load in results["loopback"].items():
        cells = [Figure(cpu(results, server, load)).show(digits=1) for load in loads]
        yield f"| {server} | " + " | ".join(cells) + " |"


def throughput_table(results):
    loads = results["effort"]["loads"]
    yield "| server | " + " | ".join(LOAD_NAMES[load] for load in loads) + " |"
    yield "|---|" + "---|" * len(loads)
    for server, by_load in results["loopback"].items():
        cells = []
        for load in loads:
            rounds = by_load[load]
            rate = Figure(round["requests"] / round["seconds"] for round in rounds)
            wait = Figure(round["p99_us"] / 1000 for round in rounds)
            fetches = sum(round["fetches"] for round in rounds)
            cells.append(f"{rate.median:,.0f}/s, {wait.median:.1f} ms" + (f", {fetches:,} fetches" if fetches else ""))
        yield f"| {server} | " + " | ".join(cells) + " |"


def in_process_table(results):
    loads = list(LOAD_NAMES)
    yield "| server | " + " | ".join(LOAD_NAMES[load] for load in loads) + " |"
    yield "|---|" + "---|" * len(loads)
    for server, by_load in results["in_process"].items():
        cells = [Figure(v / 1000 for v in by_load[load]).show() for load in loads]
        yield f"| {server} | " + " | ".join(cells) + " |"


def refresh_table(results):
    names = {"none": "left alone", "good": "answers", "slow": "takes 2 s", "failing": "answers 500", "hanging": "never answers"}
    yield "| the endpoint | p50 | p99 | longest | requests | fetches |"
    yield "|---|---|---|---|---|---|"
    for mode, rounds in results["refresh"].items():
        p50, p99, longest = (Figure(r[key] / 1000 for r in rounds) for key in ("p50_us", "p99_us", "max_us"))
        requests, fetches = (sum(r[key] for r in rounds) for key in ("requests", "fetches"))
        yield (f"| {names[mode]} | {p50.show(' ms')} | {p99.show(' ms')} | {longest.show(' ms', 1)} "
               f"| {requests:,} | {fetches} |")


def micro_table(results):
    yield "| benchmark | median |"
    yield "|---|---|"
    for name, medians in results["micro"].items():
        figure = Figure(medians)
        micros = Figure(value / 1000 for value in medians)
        yield f"| {name} | {micros.show(' µs', 2 if figure.median >= 1000 else 3)} |"


def memory_table(results):
    yield "| tokens seen | occupied | more than before the first |"
    yield "|---|---|---|"
    for run in (results["memory"], results.get("memory_apart", [])):
        for tokens, occupied in run:
            more = (occupied - run[0][1]) / 1e6
            yield f"| {tokens:,} | {occupied / 1e6:.1f} MB | {more:.1f} MB |"


def instruction_table(results):
    yield "| path | instructions | kept |"
    yield "|---|---|---|"
    for path, count in results["instructions"].items():
        yield f"| {path} | {count:,.0f} | {instructions.kept().get(path, 0):,} |"


def points(results, prefix, unit=1000):
    found = {}
    for name, medians in results["micro"].items():
        if name.startswith(prefix + "/"):
            count = int(name.removeprefix(prefix + "/").removeprefix("t="))
            found[count] = median(medians) / unit
    return sorted(found.items())


def graphs(results):
    """Every graph, by its file name."""
    spent = {server: median(cpu(results, server, "hot")) for server in results["loopback"]}
    yield "servers", graph.bars("CPU of the server per request, one token", "µs", dict(sorted(spent.items(), key=lambda s: s[1])))
    unit = "µs per request"
    for name, title, x, series in [
        ("pools", "Cost against user pools", "pools", {"cold": "scale/pools_cold", "known token": "scale/pools_hit"}),
        ("keys", "Cost against keys of the pool", "keys", {"cold": "scale/keys_cold", "known token": "scale/keys_hit"}),
        ("routes", "Cost against routes", "rows", {"one row": "scale/routes_hit", "each row in turn": "scale/routes_hit_in_turn",
                                                      "look-up alone": "scale/routes", "axum's router": "scale/router"}),
        ("tokens", "Cost against distinct tokens in turn", "tokens", {"known tokens": "hit/tokens"}),
        ("cores", "Cost against cores in use", "threads", {"one token": "hit/cores", "a token each": "hit/cores_own"}),
    ]:
        yield name, graph.lines(title, x, unit, {label: points(results, prefix) for label, prefix in series.items()})
    (_, start), *seen = results.get("memory_apart", results["memory"])
    yield "memory", graph.lines(
        "Memory against distinct tokens seen", "tokens", "MB", {"cache of 16,384": [(t, (b - start) / 1e6) for t, b in seen]})


def sections(results):
    machine, effort = results["machine"], results["effort"]
    yield "# Benchmarks"
    yield (
        f"Measured on {results['began'][:10]} in {results['minutes']:.0f} minutes at commit `{machine['commit']}`: "
        f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['compiler']}, "
        f"Node.js {machine['node']}, {machine['wrk']}. Load of the machine before: {machine['load']:.1f}."
    )
    yield (
        "```sh\ncrates/bench/run            # all of it, into this file; at most 15 minutes\n"
        "crates/bench/run --quick    # a look, in 3\n```"
    )
    yield (
        "Figures are medians of "
        f"{effort['rounds']} interleaved rounds, with the least and the greatest of them in brackets. Ratios are taken within a "
        f"round; those to bare axum within {effort['pairs']} pairs of a second each. The raw results are "
        "`crates/bench/results.json`."
    )
    yield "## Targets"
    yield "\n".join(target_table(results))
    if missed := "\n".join(reasons(results)):
        yield f"Of those that are not met:\n\n{missed}"
    yield "## Servers"
    yield (
        "CPU time of the server for each request, in microseconds, kernel included: what a shared machine disturbs least. One "
        "core for the server, the other for `wrk` with 32 connections, so that the server is never idle. Every handler asks for the caller's claims. `jwt-authorizer` "
        "is for axum 0.7; `axum-jwt-auth` and `tower-oauth2-resource-server` verify with aws-lc, the others with ring. No "
        "neighbour checks `client_id` and `token_use` but aws-jwt-verify."
    )
    yield "\n".join(server_table(results))
    yield "![CPU of each server](crates/bench/graphs/servers.svg)"
    yield "Requests in a second, the 99th percentile of their time, and fetches of keys where there were any:"
    yield "\n".join(throughput_table(results))
    yield "The same routers without a socket, in microseconds of CPU:"
    yield "\n".join(in_process_table(results))
    yield "## Keys that are fetched under load"
    yield (
        "Requests with a known token, while the server fetches its keys over and over (a tenth of a second after each fetch), and "
        "a stranger asks, up to ten times a second, with a key that nobody has. The fetch time-out is 2.5 s."
    )
    yield "\n".join(refresh_table(results))
    yield "## What it costs to grow"
    for name in ("pools", "keys", "routes", "tokens", "cores"):
        yield f"![{name}](crates/bench/graphs/{name}.svg)"
    yield (
        "The cores share what a layer has once, such as the count of the services made of it, and with one token also the count of "
        "those who hold its claims."
    )
    yield "## Memory"
    yield (
        f"Anonymous memory of a process that is shown {effort['tokens']:,} tokens, each once, with the default capacity of 16,384. "
        "The tokens are signed by the same process, which takes most of the time."
        + (" Below it a longer run, by `crates/bench/run memory 1000000`." if "memory_apart" in results else "")
    )
    yield "\n".join(memory_table(results))
    yield "![memory](crates/bench/graphs/memory.svg)"
    yield "## Instructions"
    yield (
        "Of a request, by callgrind, in Rust code: without aws-lc's and libc's, which choose code by processor. `.ci/run` compares "
        "them with `crates/bench/instructions.txt` within 3 %."
    )
    yield "\n".join(instruction_table(results))
    yield "## Micro benchmarks"
    yield "\n".join(micro_table(results))


def write(results, folder):
    """BENCHMARKS.md, its graphs and the raw results."""
    bench = folder / "crates/bench" if (folder / "Cargo.toml").is_file() else folder
    (bench / "graphs").mkdir(exist_ok=True)
    for name, svg in graphs(results):
        (bench / "graphs" / f"{name}.svg").write_text(svg)
    if bench != folder:
        (bench / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "BENCHMARKS.md").write_text("\n\n".join(sections(results)) + "\n")


def print_tables(results):
    for table in (target_table, server_table, throughput_table, in_process_table, refresh_table, memory_table, micro_table):
        print("\n".join(table(results)), end="\n\n")
