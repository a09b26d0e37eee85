//! `public-api-listing FOLDER JSON…` compares what each crate makes public with the listings in a folder: `CRATE.txt` has a line for
//! each public item, and `external.txt` names the other crates whose types and traits those items use. With `UPDATE` set, it writes
//! the listings instead. A change of them is reviewed like a change of the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use public_api::{Builder, PublicApi};
use serde_json::Value;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: public-api-listing FOLDER JSON…")?;
    let mut listings = BTreeMap::new();
    let mut external = String::from(
        "# The crates whose types and traits are part of our public API: a new major version of one is a breaking change of ours.\n",
    );
    for json in arguments {
        let name = json.file_stem().ok_or("a path without a name")?.to_string_lossy().into_owned();
        let used: Vec<_> =
            external_crates(&serde_json::from_slice(&fs::read(&json)?)?)?.into_iter().collect();
        writeln!(external, "{}", format!("{name}: {}", used.join(" ")).trim_end())?;
        listings.insert(format!("{name}.txt"), listing(&json)?);
    }
    listings.insert("external.txt".into(), external);

    if env::var_os("UPDATE").is_some() {
        for old in kept(&folder)? {
            fs::remove_file(folder.join(old))?;
        }
        for (name, text) in &listings {
            fs::write(folder.join(name), text)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_same = true;
    for name in kept(&folder)?.iter().filter(|name| !listings.contains_key(*name)) {
        eprintln!("{name}: no library has this name");
        is_same = false;
    }
    for (name, text) in &listings {
        is_same &= compare(&folder.join(name), text);
    }
    if is_same {
        println!("{} listings in {} are up to date", listings.len(), folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "The public API is not the one listed. If the change is intended: UPDATE=1 bash .ci/run public_api"
    );
    Ok(ExitCode::FAILURE)
}

/// The names of the listings in the folder.
fn kept(folder: &Path) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.filter(|name| name.as_ref().is_ok_and(|name: &String| name.ends_with(".txt"))).collect()
}

/// One line for each item. Implementations that every type has, and derived ones, are left out.
fn listing(json: &Path) -> Result<String, Box<dyn Error>> {
    let api: PublicApi = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    Ok(api.to_string())
}

/// Prints the lines that were added and removed, and returns whether there are none.
fn compare(kept: &Path, listing: &str) -> bool {
    let before = fs::read_to_string(kept).unwrap_or_default();
    if before == listing {
        return true;
    }
    eprintln!("{}:", kept.display());
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), listing.lines().collect());
    for removed in old.difference(&new) {
        eprintln!("- {removed}");
    }
    for added in new.difference(&old) {
        eprintln!("+ {added}");
    }
    false
}

/// The crates, other than those of the standard library, whose types and traits the documented items name.
fn external_crates(json: &Value) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let index = json["index"].as_object().ok_or("the JSON has no index")?;
    let mut ids = BTreeSet::new();
    for item in index.values().filter(|item| item["crate_id"] == 0) {
        let implementation = &item["inner"]["impl"];
        // The compiler adds these to every type.
        if implementation["is_synthetic"] != true && implementation["blanket_impl"].is_null() {
            named(&item["inner"], &mut ids);
        }
    }
    let mut crates = BTreeSet::new();
    for id in ids {
        let Some(crate_id) = json["paths"][&id]["crate_id"].as_u64().filter(|id| *id != 0) else { continue };
        let name =
            json["external_crates"][crate_id.to_string()]["name"].as_str().ok_or("a crate has no name")?;
        if !matches!(name, "alloc" | "core" | "std") {
            crates.insert(name.to_owned());
        }
    }
    Ok(crates)
}

/// Collects the ids of the types and traits in a signature: objects with both `id` and `path`.
fn named(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| named(value, ids)),
        Value::Object(members) => {
            if let (Some(id), Some(_)) = (members.get("id").and_then(Value::as_u64), members.get("path")) {
                ids.insert(id.to_string());
            }
            members.values().for_each(|value| named(value, ids));
        }
        _ => {}
    }
}
