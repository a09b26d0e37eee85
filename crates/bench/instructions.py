"""Instruction counts of this project's own code, by callgrind."""

import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "instructions.txt"
PATHS = ["hit", "cold_user", "cold_machine", "garbage", "unknown_key"]
# The path `hit` with the feature `metrics`, without a recorder and with one.
METERED = ["hit_metered", "hit_recorded"]
TOLERANCE = 0.03


def count_all(probe, metered):
    """The instructions of each path, by the program that has it."""
    return {path: count(probe, path) for path in PATHS} | {path: count(metered, path) for path in METERED}


def count(command, path):
    """Instructions of a request on this path, in Rust code only: aws-lc (C and assembly) and libc choose their code by processor."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--collect-atstart=no",
             "--toggle-collect=*::measured*", command, path, HERE / "fixtures"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=300,
        )
        requests = int(run.stdout)
        own = sum(cost for (program, function), cost in read(out).items()
                  if program == pathlib.Path(command).name and "::" in function)
    return own / requests


def read(out):
    """The instructions of each function itself, by the names of the program and the function."""
    names, costs = {}, {}
    program = function = ""
    is_call = False
    for line in out.read_text().splitlines():
        if match := re.match(r"(c?)(ob|fn|fl|fi|fe|cfi|cfl)=\((\d+)\)(?: (.*))?$", line):
            called, kind, number, name = match.groups()
            key = (kind, number)
            if name is not None:
                names[key] = name
            if not called and kind == "ob":
                program = pathlib.Path(names[key]).name
            elif not called and kind == "fn":
                function = names[key]
        elif line.startswith("calls="):
            is_call = True
        elif match := re.match(r"[+\-*\d]\S* (\d+)$", line):
            if not is_call:
                key = (program, function)
                costs[key] = costs.get(key, 0) + int(match[1])
            is_call = False
    return costs


def kept():
    """The kept counts, by path."""
    lines = [line.split() for line in KEPT.read_text().splitlines() if line and not line.startswith("#")]
    return {path: int(instructions) for path, instructions in lines}


def record(counts, compiler):
    lines = [
        "# Instructions per request in Rust code, by callgrind; those of aws-lc and libc are not counted.",
        "# `crates/bench/run instructions` allows 3 % of difference, and with `--record` writes this file.",
        f"# {compiler}",
        *(f"{path} {round(instructions)}" for path, instructions in counts.items()),
    ]
    KEPT.write_text("\n".join(lines) + "\n")


def compare(counts):
    """Prints each count beside the kept one. Returns whether all are near."""
    expected, good = kept(), True
    for path, instructions in counts.items():
        change = instructions / expected[path] - 1
        near = abs(change) <= TOLERANCE
        good &= near
        print(f"{path:14} {instructions:8.0f} kept {expected[path]:8} {change:+7.2%}{'' if near else '  OUT OF BOUNDS'}")
    return good
