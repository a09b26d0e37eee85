//! Compiles `grpc/orders.proto`, and keeps its descriptors for reflection.

use std::{env, error::Error, fs, path::Path};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=grpc/orders.proto");
    let descriptors = protox::compile(["orders.proto"], ["grpc"])?;
    let out = env::var_os("OUT_DIR").ok_or("cargo sets `OUT_DIR`")?;
    fs::write(Path::new(&out).join("orders.descriptors"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
