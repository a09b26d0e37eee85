# shellcheck shell=bash
# shellcheck disable=SC2154 # `cache` is set by `run`.
# The steps of `.ci/run` that look at the packages as they would be published. Sourced by `run`, which stops at the first command
# that fails.

# published: the names of the packages that are meant for crates.io.
published() {
  cargo metadata --no-deps --format-version 1 --locked | python3 -c '
import json, sys
print(*sorted(package["name"] for package in json.load(sys.stdin)["packages"] if package["publish"] != []), sep="\n")'
}

target_directory() {
  cargo metadata --no-deps --format-version 1 --locked | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

# Packs each package and builds it from the packed files alone, against the other packed packages. With these files, the first
# chapter of the guide is followed. Changes that are not committed are
# packed too, so that the step can run before a commit.
package() {
  local folder packages=()
  mapfile -t packages < <(published)
  folder=$(target_directory)/package
  rm -f "$folder"/*.crate
  # With the profile of the workspace, which packed manifests do not have, so that dependencies are built once for both.
  cargo package "${packages[@]/#/--package=}" --locked --allow-dirty --config 'profile.dev.debug="line-tables-only"' \
    --config 'profile.dev.package."*".debug=false' \
    --config 'profile.dev.package.aws-lc-sys.opt-level=3' --config 'profile.dev.package.crypto-bigint.opt-level=3'
  python3 .ci/packed.py "$folder" "${packages[@]}"
  CARGO_TARGET_DIR=$(target_directory) python3 .ci/first_chapter.py "$folder"
}

# The release script, tried on repositories that it makes.
release_script() { python3 .ci/release_test.py; }

# What each library makes public, against the listings that are reviewed in `.ci/public-api/listings`; with UPDATE=1, writes them.
public_api() {
  local listing files
  cargo fmt --manifest-path .ci/public-api/Cargo.toml --check
  CARGO_TARGET_DIR="$cache/public-api" cargo build --locked --manifest-path .ci/public-api/Cargo.toml
  listing="$cache/public-api/debug/public-api-listing"
  rustdoc_json . "$(target_directory)"
  mapfile -t files < <(published)
  files=("${files[@]//-/_}")
  files=("${files[@]/#/$(target_directory)/doc/}")
  "$listing" .ci/public-api/listings "${files[@]/%/.json}"
}

# rustdoc_json FOLDER TARGET [FLAG…]: writes TARGET/doc/CRATE.json for each published package of a checkout.
rustdoc_json() (
  local folder=$1 target=$2 here=$PWD packages=()
  shift 2
  cd "$folder" || exit
  mapfile -t packages < <(published)
  RUSTDOC="$here/.ci/rustdoc" RUSTDOCFLAGS="-Z unstable-options --output-format json $*" CARGO_TARGET_DIR=$target \
    cargo doc "${packages[@]/#/--package=}" --lib --no-deps --all-features --locked
)

# What semantic versioning allows since the last tag, for each package that the tag has.
semver() {
  local tag baseline="$cache/baseline" name
  if ! tag=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null); then
    echo "no release is tagged yet, so there is no API to be compatible with"
    return
  fi
  cargo_tool cargo-semver-checks 0.51.0
  git worktree prune
  if [[ -d $baseline ]]; then git worktree remove --force "$baseline"; fi
  git worktree add --detach "$baseline" "$tag"
  rustdoc_json "$baseline" "$cache/baseline-target" --document-hidden-items
  rustdoc_json . "$(target_directory)" --document-hidden-items
  for name in $(published); do
    if [[ ! -e $cache/baseline-target/doc/${name//-/_}.json ]]; then continue; fi
    cargo semver-checks --baseline-rustdoc "$cache/baseline-target/doc/${name//-/_}.json" \
      --current-rustdoc "$(target_directory)/doc/${name//-/_}.json"
  done
  git worktree remove --force "$baseline"
}

# The libraries build with the oldest versions that the manifests allow of what they name. In a copy, as it needs a lock file of its own.
minimal_versions() {
  local copy="$cache/minimal-versions" packages=()
  mapfile -t packages < <(published)
  rm -rf "$copy/source"
  mkdir -p "$copy/source"
  git ls-files -zco --exclude-standard --deduplicate | xargs -0 cp --parents --preserve=timestamps,links --target-directory "$copy/source"
  (
    cd "$copy/source" || exit
    RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
    CARGO_TARGET_DIR="$copy/target" cargo check "${packages[@]/#/--package=}" --all-features --locked
  )
  rm -rf "$copy/source"
}
