//! The measurements of this project and its servers, in one program, so that they are linked once.
//!
//! - `serve`, `oneshot FOLDER REQUESTS`: a server, as those of the alternatives are started; see `server`.
//! - `known ROUNDS`: a known token beside the same router with a layer that does nothing.
//! - `cores MILLISECONDS ROUNDS`: requests per second of one core and of all.
//! - `memory TOKENS`: memory while this many tokens are seen.
//! - `mint FOLDER`, `mint probe FOLDER`: the tokens.

mod cores;
mod memory;
mod mint;
mod server;

use std::{env, path::Path};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve" | "oneshot", ..] => server::run(),
        ["known", rounds] => cognito_bench::known::print(number(rounds)),
        ["cores", milliseconds, rounds] => cores::print(number(milliseconds), number(rounds)),
        ["memory", tokens] => memory::print(number(tokens)),
        ["mint", "probe", folder] => mint::probe(Path::new(folder)),
        ["mint", folder] => mint::loads(Path::new(folder)),
        _ => panic!(
            "usage: `serve`, `oneshot`, `known`, `cores`, `memory` or `mint`; see the documentation of `main.rs`"
        ),
    }
}
