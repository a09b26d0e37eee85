//! `probe WHAT FOLDER`: the requests that callgrind measures.

use std::{env, path::Path};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, folder] = &arguments[..] else { panic!("`probe WHAT FOLDER`") };
    cognito_bench::probe::run(what, Path::new(folder));
}
