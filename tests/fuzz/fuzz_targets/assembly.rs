//! Cloud assemblies of the CDK: the manifest, and the files that it names.
#![no_main]

mod several;

use std::{collections::HashMap, io};

use apigateway_definition::Import;
use libfuzzer_sys::fuzz_target;

/// The names of the files after the manifest, in order.
const NAMES: [&str; 5] =
    ["A.template.json", "B.template.json", "A.assets.json", "A.nested.template.json", "inner/manifest.json"];

fuzz_target!(|data: &[u8]| {
    let mut files = several::files(data).into_iter();
    let manifest = files.next().unwrap_or_default();
    let others: HashMap<String, Vec<u8>> =
        NAMES.iter().map(|name| (*name).to_owned()).zip(files.map(<[u8]>::to_vec)).collect();
    let import = Import::new()
        .file("manifest.json", manifest)
        .includes(move |path| others.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()));
    several::read(&import);
});
