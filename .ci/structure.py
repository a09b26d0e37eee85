#!/usr/bin/env python3
"""Checks the structure of the crates: no two files import each other in a circle, no file is longer than 400 lines, and a
crate declares each type name once.

    .ci/structure.py            fails on anything beyond what `.ci/structure.open` lists, and on entries of that list
                                that are too high: the list can only shrink
    .ci/structure.py --shrink   lowers the entries that are too high, and removes those that no longer hold

A circle is a group of files that reach each other by `use` declarations and by paths with `crate::` or `super::` (a
strongly connected component of the import graph). An import through a re-export counts as one of the file that declares
the item. Test modules and files that only tests include do not count.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPEN = ROOT / ".ci" / "structure.open"
LONGEST = 400
# Not published, and without other rules for its files.
LEFT_OUT = {"bench"}

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
VISIBILITY = r"(?:pub(?:\s*\([^)]*\))?\s+)?"
USE = re.compile(rf"(?:^|(?<=[;{{}}\s]))({VISIBILITY})use\s+([^;]+);")
MOD = re.compile(rf"(?m)^\s*{VISIBILITY}mod\s+({NAME})\s*[;{{]")
ITEM = re.compile(
    rf"(?m)^\s*{VISIBILITY}(?:(?:async|const|unsafe|extern\s*\"\")\s+)*"
    rf"(?:fn|struct|enum|union|trait|type|const|static)\s+({NAME})"
)
TYPE = re.compile(rf"(?m)^{VISIBILITY}(?:struct|enum|union|trait|type)\s+({NAME})")
INLINE = re.compile(rf"\b((?:crate|super)(?:::{NAME})+)")


def code_of(text):
    """The text without comments, string contents and test modules."""
    text = re.sub(r'r(#+)".*?"\1', '""', text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text, flags=re.S)
    text = re.sub(r"/\*.*?\*/", " ", re.sub(r"//[^\n]*", "", text), flags=re.S)
    return without_tests(text)


def without_tests(text):
    start = re.search(rf"#\[cfg\((?:all\()?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*{VISIBILITY}mod\s+{NAME}\s*([;{{])", text)
    if not start:
        return text
    end = start.end()
    depth = 1 if start.group(1) == "{" else 0
    while depth and end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[: start.start()] + without_tests(text[end:])


def paths_of(tree, prefix=()):
    """The paths of a `use` tree: `a::{b, c as d}` has `a::b` as `b`, and `a::c` as `d`."""
    tree = tree.strip()
    if "{" in tree:
        head, rest = tree.split("{", 1)
        prefix += tuple(part.strip() for part in head.split("::") if part.strip())
        depth, start, inner = 0, 0, rest[: rest.rindex("}")]
        for end, character in enumerate(inner + ","):
            depth += {"{": 1, "}": -1}.get(character, 0)
            if character == "," and depth == 0:
                if inner[start:end].strip():
                    yield from paths_of(inner[start:end], prefix)
                start = end + 1
        return
    path, _, alias = tree.partition(" as ")
    parts = prefix + tuple(part.strip() for part in path.split("::") if part.strip())
    if parts[-1] == "self":
        parts = parts[:-1]
    yield parts, alias.strip() or parts[-1]


class Crate:
    def __init__(self, folder):
        self.name = folder.name
        source = folder / "src"
        texts, self.lines = {}, {}
        for file in sorted(source.rglob("*.rs")):
            text = file.read_text(encoding="utf-8")
            self.lines[file] = text.count("\n")
            texts[file] = code_of(text)
        # The files that a module declaration outside of tests includes.
        self.files, pending = {}, [(source / root, ()) for root in ("lib.rs", "main.rs") if (source / root) in texts]
        while pending:
            file, module = pending.pop()
            self.files.setdefault(module, file)
            below = file.parent if file.name in ("lib.rs", "main.rs", "mod.rs") else file.with_suffix("")
            for name in MOD.findall(texts[file]):
                for child in (below / f"{name}.rs", below / name / "mod.rs"):
                    if child in texts:
                        pending.append((child, module + (name,)))
        self.texts = {module: texts[file] for module, file in self.files.items()}
        self.items = {module: set(ITEM.findall(text)) for module, text in self.texts.items()}
        self.exports, self.uses = {}, {}
        for module, text in self.texts.items():
            self.exports[module], self.uses[module] = {}, []
            for visibility, tree in USE.findall(text):
                for path, name in paths_of(tree):
                    path = self.absolute(path, module)
                    if visibility.strip():
                        self.exports[module][name] = path
                    self.uses[module].append((path, bool(visibility.strip())))
            for path in INLINE.findall(USE.sub(" ", text)):
                self.uses[module].append((self.absolute(tuple(path.split("::")), module), False))

    def absolute(self, path, module):
        """The path from the root of the crate."""
        if path[0] == "crate":
            return path[1:]
        if path[0] == "self":
            return module + path[1:]
        up = 0
        while path[up : up + 1] == ("super",):
            up += 1
        if up:
            return module[: len(module) - up] + path[up:]
        return module + path if module + path[:1] in self.files else ("::",) + path

    def home(self, path, seen=frozenset()):
        """The module that declares what the path names."""
        for length in range(len(path), -1, -1):
            module = path[:length]
            if module not in self.files:
                continue
            rest = path[length:]
            target = self.exports[module].get(rest[0]) if rest and rest[0] not in self.items[module] else None
            if target is None or path in seen:
                return module
            return self.home(target + rest[1:], seen | {path})
        return None

    def circles(self):
        edges = defaultdict(set)
        for module, uses in self.uses.items():
            for path, is_export in uses:
                if path[:1] == ("::",):
                    continue
                # A module that hands on what is declared below it does not depend on it.
                if is_export and path[: len(module)] == module and path[: len(module) + 1] in self.files:
                    continue
                home = self.home(path)
                if home is not None and self.files[home] != self.files[module]:
                    edges[self.files[module]].add(self.files[home])
        return components(edges)

    def repeated_types(self):
        homes = defaultdict(set)
        for module, text in self.texts.items():
            for name in TYPE.findall(text):
                homes[name].add(self.files[module])
        names = sorted(name for name, files in homes.items() if len(files) > 1)
        return {name: sorted(str(file.relative_to(ROOT)) for file in homes[name]) for name in names}


def components(edges):
    """The strongly connected components with more than one node (Tarjan)."""
    sys.setrecursionlimit(10_000)
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return sorted(found)


def findings():
    """What breaks the rules: an entry, its number, and what to print of it."""
    for folder in sorted((ROOT / "crates").iterdir()):
        if folder.name in LEFT_OUT or not (folder / "src").is_dir():
            continue
        crate = Crate(folder)
        circles = crate.circles()
        if circles:
            groups = (" ".join(str(file.relative_to(folder / "src")) for file in group) for group in circles)
            yield f"circle {crate.name}", sum(map(len, circles)), "files import each other: " + "; ".join(groups)
        for file, lines in crate.lines.items():
            if lines > LONGEST:
                yield f"long {file.relative_to(ROOT)}", lines, f"a file has at most {LONGEST} lines"
        for name, files in crate.repeated_types().items():
            yield f"twice {crate.name} {name}", len(files), "files declare a type with this name: " + " ".join(files)


def main():
    found = {entry: (number, detail) for entry, number, detail in findings()}
    text = OPEN.read_text(encoding="utf-8").splitlines() if OPEN.exists() else []
    listed = {line.rpartition(" = ")[0]: int(line.rpartition(" = ")[2]) for line in text if " = " in line}
    wrong = {entry: of for entry, of in found.items() if of[0] > listed.get(entry, 0)}
    better = {entry: found.get(entry, (0,))[0] for entry in listed if found.get(entry, (0,))[0] < listed[entry]}
    if "--shrink" in sys.argv[1:] and better:
        listed.update(better)
        comments = [line for line in text if line.startswith("#")]
        entries = [f"{entry} = {number}" for entry, number in listed.items() if number]
        OPEN.write_text("\n".join([*comments, "", *entries, ""]), encoding="utf-8")
        better = {}
    for entry, (number, detail) in wrong.items():
        print(f"{entry} = {number}: {detail}", file=sys.stderr)
    for entry, number in better.items():
        print(f"{entry} is now {number}: write that to .ci/structure.open (`.ci/structure.py --shrink`)", file=sys.stderr)
    print(f"structure: {len(found)} findings, {len(wrong)} of them new or worse than in .ci/structure.open")
    return 1 if wrong or better else 0


if __name__ == "__main__":
    sys.exit(main())
