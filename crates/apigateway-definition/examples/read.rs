//! Prints the routes of a definition: `cargo run --release --example read -- FILE…`.
//!
//! `.ci/run states` measures time and memory with it.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::{env, error::Error, path::Path};

use apigateway_definition::Import;

fn main() -> Result<(), Box<dyn Error>> {
    let mut import = Import::new();
    for file in env::args_os().skip(1) {
        let path = Path::new(&file);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or(path.as_os_str());
        import = import.from_root(folder, [name])?;
    }
    for route in import.read()?.definition.routes() {
        println!("{route}");
    }
    Ok(())
}
