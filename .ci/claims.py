#!/usr/bin/env python3
"""Checks that every test that SECURITY.md names exists: a claim whose test was renamed or removed shows nothing.

    .ci/claims.py    fails on every name in a column `test` of a table that is none of

        a test, by its name or by the end of its path, such as `login::attacks::a_form_of_another_site_starts_no_session`
        a module with tests, such as `hostile::vectors`
        a function of the support of the tests, such as `support::events::watch`
        a file of `.ci/proxies`, or a function in one
        a package, a step of `.ci/run`, or a path in the repository

    Text in backticks with other characters than those of a name or a path is not one, such as `TEST_RESULT_TTL=0`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAPER = ROOT / "SECURITY.md"
PROXIES = ROOT / ".ci" / "proxies"
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# An attribute whose path ends in `test`, then further attributes, then the function.
TEST = re.compile(rf"#\[(?:{NAME}::)*test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*|//[^\n]*\n\s*)*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+({NAME})")
FUNCTION = re.compile(rf"\bfn\s+({NAME})")


def module_of(file, folder):
    """The module of a file as its path, from the folder of the root: `a/b/mod.rs` is `a::b`."""
    parts = list(file.relative_to(folder).with_suffix("").parts)
    if parts[-1] in ("mod", "main", "lib"):
        parts.pop()
    return tuple(parts)


def known():
    """The paths of tests, those of functions of the support, and the modules with tests."""
    tests, supports, modules = set(), set(), set()
    folders = [ROOT / "tests"]
    for package in sorted((ROOT / "crates").iterdir()):
        folders += [folder for folder in (package / "src", package / "tests") if folder.is_dir()]
    for folder in folders:
        for file in sorted(folder.rglob("*.rs")):
            module = module_of(file, folder)
            if "fuzz" in module[:1] or "target" in module:
                continue
            text = file.read_text(encoding="utf-8")
            found = TEST.findall(text)
            # Tests below the code that they test are in its module `tests`.
            inline = module + ("tests",) if folder.name == "src" and module[-1:] != ("tests",) else module
            tests |= {inline + (name,) for name in found}
            if "support" in module:
                supports |= {module + (name,) for name in FUNCTION.findall(text)}
            if found:
                modules |= {inline[:length] for length in range(1, len(inline) + 1)}
    return tests, supports, modules


def ends_with(path, end):
    """Whether the path ends so. The modules of binaries with several test files need not be named, nor `tests`."""
    for found in (path, tuple(part for part in path if part != "tests")):
        if found[-len(end) :] == end:
            return True
    return False


def is_part(path, part):
    return any(path[start : start + len(part)] == part for start in range(len(path)))


def of_proxies():
    """The files that try proxies, and the names that they declare."""
    files = sorted(PROXIES.glob("*.mjs"))
    declared = rf"(?:function\s*\*?|const|let)\s+({NAME})"
    return {file.name for file in files} | {
        name for file in files for name in re.findall(declared, file.read_text(encoding="utf-8"))
    }


def names():
    """The names in the columns `test`, which are the last ones, with the numbers of their lines."""
    inside = False
    for number, line in enumerate(PAPER.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            inside = False
            continue
        column = re.split(r"(?<!\\)\|", line.strip().strip("|"))[-1].strip()
        if column == "test":
            inside = True
        elif inside and column.strip(" -"):
            found = re.findall(r"`([^`]+)`", column)
            found = [name for name in found if re.fullmatch(r"[A-Za-z0-9_:./-]+", name)]
            yield from ((number, name) for name in found or [None])


def main():
    tests, supports, modules = known()
    proxies = of_proxies()
    packages = {package.name for package in (ROOT / "crates").iterdir()}
    steps = set(re.findall(rf"(?m)^({NAME})\(\)", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    count, wrong = 0, []
    for number, name in names():
        count += 1
        if name is None:
            wrong.append(f"SECURITY.md:{number}: this claim names no test")
            continue
        path = tuple(name.split("::"))
        is_known = (
            name in packages
            or name in steps
            or name in proxies
            or ("/" in name and (ROOT / name).exists())
            # `tests/` of a package.
            or name == "tests/"
            or any(ends_with(test, path) for test in tests | supports)
            or any(is_part(module, path) for module in modules)
        )
        if not is_known:
            wrong.append(f"SECURITY.md:{number}: there is no test `{name}`; was it renamed?")
    if not count:
        wrong.append("SECURITY.md: no table has a column `test`")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    print(f"claims: {count} names of tests, {len(wrong)} of them wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
