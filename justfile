# `just` lists the recipes. Each is a plain command that also works without just.

_list:
    @just --list --unsorted

# Run all tests; uses only loopback
test *options:
    cargo test --workspace --locked {{options}}

# Run the end-to-end tests whose names contain a text, such as `just suite freshness::`
suite filter="":
    cargo test --package cognito-tests --test suite --locked -- {{filter}}

# Format, then check what CI checks first: clippy, import rules, tests
quick:
    cargo fmt --all
    bash .ci/run quick

# Run all steps of CI, or the named ones: `just ci docs clients`
ci *steps:
    bash .ci/run {{steps}}

# Build the documentation as docs.rs does, and open it
docs:
    RUSTDOC="$PWD/.ci/rustdoc" RUSTDOCFLAGS="--cfg docsrs" cargo doc --workspace --no-deps --all-features --locked --open

# Start a local user pool and an API that accepts its tokens
example name="orders" *options:
    cargo run --locked --bin {{name}} -- {{options}}

# Write the snapshots of the tests of a package anew, such as `just bless cognito-tests`; review the diff
bless package *options:
    UPDATE_EXPECT=1 cargo test --package {{package}} --locked {{options}}

# Write the listings of the public API anew; review the diff
public-api:
    UPDATE=1 bash .ci/run public_api

# Fuzz a target until it is stopped or finds something: token, jwks, header, definition, deployed, state, assembly
fuzz target:
    RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz {{target}} -- -timeout=10 -max_len=16384

# Measure what a request costs, also with other crates; `just bench --quick` for a quick look
bench *options:
    crates/bench/run {{options}}

# Check whether the version can be published, `just release prepare 0.2.0`, `just release publish --dry-run`
release *arguments="check":
    .ci/release {{arguments}}
