"""The targets, what the run says about each, and, for those that it misses, what the data says about the reason."""

import dataclasses
from statistics import median

from figures import Figure, difference, more, number, ratio
from names import BARE, BASE, NO_FETCH, OURS, UNCACHED


@dataclasses.dataclass
class Target:
    what: str
    bound: float
    figure: Figure
    # Sentences that the run's own figures support.
    reason: str
    # A ratio, or a count of instructions.
    is_ratio: bool = True

    def shown(self):
        return self.figure.show(" ×", 2 if self.bound >= 0.1 else 3) if self.is_ratio else self.figure.show()

    def shown_bound(self):
        return f"≤ {self.bound:.2f} ×" if self.is_ratio else f"≤ {self.bound:,}"

    @property
    def is_met(self):
        return 0 <= self.figure.median <= self.bound

    @property
    def verdict(self):
        return "met" if self.is_met else "**missed**" if self.figure.median > self.bound else "**unclear**"

    def explanation(self):
        """Why it is missed, and whether the run can tell."""
        if self.verdict == "**unclear**":
            return "A cost beyond the base is negative in this run, so noise hides it and the ratio means nothing."
        decides = not self.is_ratio or self.figure.low > self.bound
        noise = "" if decides else (
            " The range of the middle half of the rounds includes the target, so this run cannot tell whether it is met.")
        return f"{self.reason}{noise}"


def alternatives(results):
    return [name for name in results["loopback"] if name not in (BARE, BASE, OURS, UNCACHED)]


def beyond_base(results, server):
    """CPU of the server beyond that of the base, one token, in microseconds for each round."""
    cpu = lambda name: [round["cpu_ns"] / 1000 for round in results["loopback"][name]["hot"]]
    return [a - b for a, b in zip(cpu(server), cpu(BASE))]


def best_alternative(results):
    return min(alternatives(results), key=lambda name: median(beyond_base(results, name)))


def pair(results, group, above, below):
    rounds = results["pairs"][group]
    return [round[above] for round in rounds], [round[below] for round in rounds]


def micros(values):
    return median(values) / 1000


def targets(results):
    """All targets, in the order of the table."""
    return [*known_tokens(results), *verification(results), *refusals(results), *growth(results), *forward_auth(results),
            *fetching(results), *instruction_counts(results)]


def known_tokens(results):
    known, micro = results["known"], results["micro"]
    base, extra = micros(known[BASE_IN_PROCESS]), micros(difference(known[KNOWN], known[BASE_IN_PROCESS]).values)
    prepared = ratio(known["prepared value"], known[BASE_IN_PROCESS]).median
    room = (1.35 - prepared) * base
    parts = (
        f"In process, the base takes {number(base)} µs and a known token {number(extra)} µs more. A layer that checks nothing, and puts a "
        f"prepared value into the request's extensions for the handler, takes {number(prepared)} × the base, so the target leaves "
        f"{number(room)} µs for the check. It computes the SHA-256 of the signature, by which the token is found in the cache, compares "
        "header and payload, reads the clock, checks the times and the requirement, and marks the header. In addition, axum boxes the "
        "body of the response, because the layer changes its type.")
    for group, bound, what in [("hot", 1.05, "server CPU over loopback, one known token, against the no-op layer"),
                               ("distinct", 1.10, "server CPU over loopback, 10,000 known tokens in turn, against the no-op layer")]:
        ours, below = pair(results, group, OURS, BASE)
        server = micros(below)
        room = server * (bound - 1)
        reason = (f"Over loopback, the base takes {number(server)} µs, of which the router itself takes {number(base)} µs (in process), "
                  f"and HTTP and the kernel the rest. The target leaves {number(room)} µs for the authorizer. ")
        reason += f"In process, a known token takes {more(extra)} than the base{', which is more than that' if extra > room else ''}."
        if group == "distinct":
            one, many = (micros(micro[f"hit/tokens/{count}"]) for count in (1, 10_000))
            reason += (f" In process, 10,000 tokens in turn take {number(many)} µs per request, and one token {number(one)} µs "
                       "(`hit/tokens`).")
            if many > 1.2 * one:
                reason += " The stored tokens do not fit into the processor's nearer caches."
        yield Target(what, bound, ratio(ours, below), reason)
    yield Target("CPU in process, one known token, against the no-op layer", 1.35,
                 ratio(known[KNOWN], known[BASE_IN_PROCESS]), parts)


BASE_IN_PROCESS, KNOWN = "no-op layer", "known token"


def verification(results):
    micro = results["micro"]
    best, rsa = best_alternative(results), micros(micro["floor/rsa2048"])
    ours, theirs = beyond_base(results, UNCACHED), beyond_base(results, best)
    yield Target(
        f"server CPU beyond the no-op layer, cache off, against the best alternative ({best})", 0.75, ratio(ours, theirs),
        f"The RSA operation alone takes {number(rsa)} µs (`floor/rsa2048`), {number(rsa / median(theirs))} × of what {best} takes in "
        f"all; we take {number(median(ours))} µs.")
    verify = micros(micro["cold/verify_user"])
    yield Target(
        "verifying a token, against the RSA-2048 operation alone", 1.10, ratio(micro["cold/verify_user"], micro["floor/rsa2048"]),
        f"RSA takes {number(rsa)} µs. Decoding base64url and JSON and checking the claims takes the other {number(verify - rsa)} µs.")


def refusals(results):
    micro = results["micro"]
    cold = micro["cold/request_user"]
    answer = ratio(micro["refusal/no_token"], cold).median
    for what, name, also in [
        ("a malformed token", "garbage", "the check of its form"),
        ("an unknown `kid` while no fetch is due", "unknown_key_in_cool_down", "decoding and reading the token's header"),
        ("an over-long token header", "long_header", "searching its 12,000 characters for dots, and checking that they are those of a token"),
    ]:
        yield Target(
            f"refusing {what}, against a request with an unknown token", 0.05, ratio(micro[f"refusal/{name}"], cold),
            f"Of this, the response takes {number(answer)} ×, as a request without any token does (`refusal/no_token`). The rest is for "
            f"{also}.")


def growth(results):
    micro = results["micro"]
    for name, what, most, least, bound in [
        ("pools_hit", "1,000 user pools against 1, known token", 1000, 1, 1.10),
        ("pools_cold", "1,000 user pools against 1, cache off", 1000, 1, 1.10),
        ("keys_hit", "100 keys against 2, known token", 100, 2, 1.10),
        ("keys_cold", "100 keys against 2, cache off", 100, 2, 1.10),
        ("routes", "10,000 routes against 10, the look-up alone, every route in turn", 10_000, 10, 1.50),
        ("routes_hit", "10,000 routes against 10, requests for one route", 10_000, 10, 1.50),
        ("routes_hit_in_turn", "10,000 routes against 10, requests for every route in turn", 10_000, 10, 1.50),
    ]:
        above, below = micro[f"scale/{name}/{most}"], micro[f"scale/{name}/{least}"]
        reason = f"The median rises from {number(micros(below))} to {number(micros(above))} µs."
        if name in ("routes", "routes_hit_in_turn"):
            grown = lambda of: ratio(micro[f"scale/{of}/10000"], micro[f"scale/{of}/10"]).median
            reason += (f" Requests for one route take {number(grown('routes_hit'))} × as long with 10,000 routes as with 10 "
                       "(`scale/routes_hit`)")
            if grown("routes_hit") <= 1.10:
                reason += ", so a look-up does not take more steps, but in turn, it reads memory that no recent look-up has read"
            reason += (f". With the same paths in turn, the look-up of axum's router takes {number(grown('router'))} × as long "
                       "(`scale/router`).")
        yield Target(what, bound, ratio(above, below), reason)


def forward_auth(results):
    ours, always = pair(results, "checks", "known token", "always allowed")
    checks, described = results["checks"], ratio(*pair(results, "checks", "always the same caller", "always allowed")).median
    extra = micros(difference(checks["HTTP, known token"], checks["HTTP, always allowed"]).values)
    server = micros(always)
    yield Target(
        "server CPU of an HTTP check over loopback, known token, against a service that allows every check", 1.15,
        ratio(ours, always),
        f"The service that allows every check takes {number(server)} µs, so the target leaves {number(0.15 * server)} µs. In process, our "
        f"check takes {number(extra)} µs more than such a service. Its response has seven headers that describe the caller. A service "
        f"that allows every check with such headers takes {number(described)} × of the CPU of one without.")


def fetching(results):
    calm = [round["p99_us"] for round in results["refresh"][NO_FETCH]]
    spread = Figure(value / 1000 for value in calm)
    for mode, what in [("slow", "answers after 2 s"), ("failing", "answers 500"), ("hanging", "never answers")]:
        shown = [round["p99_us"] for round in results["refresh"][mode]]
        p50 = lambda rounds: median(round["p50_us"] for round in rounds) / 1000
        yield Target(
            f"99th percentile while the key endpoint {what}, against no continual fetches", 1.25, ratio(shown, calm),
            "The loader shares its core with the key endpoint and the client that sends unknown keys, so it sends some requests late. "
            f"Without continual fetches, the 99th percentile of the middle half of the rounds goes from {number(spread.low)} to "
            f"{number(spread.high)} ms. The median request takes {number(p50(results['refresh'][mode]))} ms, and "
            f"{number(p50(results['refresh'][NO_FETCH]))} ms without continual fetches.")


def instruction_counts(results):
    for path, what, bound in [("hit", "a known token", 2_000), ("cold_user", "an unknown token", 17_000),
                              ("garbage", "a malformed token", 3_000), ("unknown_key", "an unknown `kid`", 6_000)]:
        count = results["instructions"][path]
        yield Target(f"instructions in Rust code for {what}", bound, Figure([count]),
                     f"There are {count - bound:,} more than the target, {number(100 * (count / bound - 1))} % of it.", is_ratio=False)
