"""`packed.py FOLDER PACKAGE…`: each packed package has what a reader and a packager look for, and no tests or fixtures."""

import pathlib
import sys
import tarfile

# Compressed. What is larger has something in it that no user needs.
LARGEST = 400_000
NEEDED = {"Cargo.toml", "Cargo.toml.orig", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"}


def problems(crate: pathlib.Path) -> list[str]:
    found = []
    if crate.stat().st_size > LARGEST:
        found.append(f"{crate.stat().st_size} bytes are more than {LARGEST}")
    with tarfile.open(crate) as archive:
        sizes = {member.name.split("/", 1)[1]: member.size for member in archive.getmembers()}
    found += [f"{name} is missing" for name in sorted(NEEDED - sizes.keys())]
    found += [f"{name} is empty" for name in sorted(NEEDED & sizes.keys()) if not sizes[name]]
    found += [f"{name} is of no use to a user" for name in sizes if name.startswith("tests/")]
    print(f"{crate.name}: {len(sizes)} files, {crate.stat().st_size / 1000:.0f} kB")
    return found


def main() -> None:
    folder, packages = pathlib.Path(sys.argv[1]), sys.argv[2:]
    wrong = 0
    for package in packages:
        crates = list(folder.glob(f"{package}-[0-9]*.crate"))
        if len(crates) != 1:
            print(f"{package}: one packed package was expected, not {len(crates)}", file=sys.stderr)
            wrong += 1
        for problem in (problem for crate in crates for problem in problems(crate)):
            print(f"{package}: {problem}", file=sys.stderr)
            wrong += 1
    sys.exit(bool(wrong))


main()
