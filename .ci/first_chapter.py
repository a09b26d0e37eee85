"""`first_chapter.py FOLDER`: follows the first chapter of the guide with the packed packages in FOLDER, as a new user would.

The chapter is the one inside the packed `cognito-authorizer`. Its commands are run and its code is written where it says, up to
`cargo test`. As the packages are not in a registry yet, `cargo add` of one of them gets its path.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile


def unpack(folder: pathlib.Path, into: pathlib.Path) -> dict[str, pathlib.Path]:
    packages = {}
    for crate in sorted(folder.glob("*.crate")):
        with tarfile.open(crate) as archive:
            archive.extractall(into, filter="data")
        packages[re.sub(r"-\d+\.\d+\.\d+.*$", "", crate.name)] = into / crate.name.removesuffix(".crate")
    return packages


def blocks(chapter: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", chapter, re.M | re.S)


def without_hidden_lines(code: str) -> str:
    return "".join(line for line in code.splitlines(True) if line.strip() != "#" and not line.startswith("# "))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        packages = unpack(pathlib.Path(sys.argv[1]), root / "packages")
        patches = "".join(f'{name} = {{ path = "{path}" }}\n' for name, path in packages.items())
        (root / ".cargo").mkdir()
        # The profile of the workspace, so that dependencies are built once for both.
        (root / ".cargo/config.toml").write_text(
            f'[patch.crates-io]\n{patches}[profile.dev]\ndebug = "line-tables-only"\n'
            '[profile.dev.package."*"]\ndebug = false\n[profile.dev.package.aws-lc-sys]\nopt-level = 3\n'
        )
        chapter = (packages["cognito-authorizer"] / "docs/getting-started.md").read_text()
        # The commands up to the first `cargo test`, and the code of the two blocks before it.
        commands = [line for line in "\n".join(blocks(chapter, "sh")).splitlines() if line]
        commands = commands[: commands.index("cargo test") + 1]
        code = "\n".join(without_hidden_lines(block) for block in blocks(chapter, "rust")[:2])
        folder = root
        for command in commands:
            words = shlex.split(command)
            print(f"$ {command}", flush=True)
            if words[0] == "cd":
                folder /= words[1]
            elif words[:2] == ["cargo", "add"]:
                for word in [word for word in words if word in packages]:
                    words.remove(word)
                    options = [option for option in words[2:] if option == "--dev"]
                    subprocess.run(["cargo", "add", *options, "--path", packages[word]], cwd=folder, check=True)
                if any(not word.startswith("-") for word in words[2:]):
                    subprocess.run(words, cwd=folder, check=True)
            elif words == ["cargo", "test"]:
                (folder / "src/main.rs").write_text(code)
                done = subprocess.run([*words, "--color", "never"], cwd=folder, stdout=subprocess.PIPE, text=True)
                print(done.stdout)
                if done.returncode or "1 passed" not in done.stdout:
                    sys.exit("the first chapter of the guide does not work")
            else:
                subprocess.run(words, cwd=folder, check=True)


main()
