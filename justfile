# What the tests hold against each other, from cold, with no network but loopback.
test:
    cargo test --workspace --locked

# A local user pool and an API that it protects, in one process.
example:
    cargo run --bin orders

# What it costs, beside the floor and the neighbours: `just bench`, or `just bench --quick` for a look.
bench *options:
    crates/bench/run {{options}}

# All that must hold before a change lands; with names, only those steps: `just ci clippy docs`.
ci *steps:
    bash .ci/run {{steps}}
