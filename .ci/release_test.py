"""Tests of `.ci/release`, on workspaces that they make. `cargo publish` is played by a script that writes down what it was asked."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent / "release"
ROOT = """
[workspace]
resolver = "3"
members = ["crates/*"]

[workspace.package]
version = "0.1.0"
edition = "2024"
rust-version = "1.88"
license = "MIT"
repository = "https://code.test/repository"
homepage = "https://code.test/"

[workspace.dependencies]
below = { path = "crates/below", version = "0.1.0" }
"""
PACKAGE = """
[package]
name = "{name}"
description = "For a test"
documentation = "https://docs.rs/{name}"
readme = "README.md"
keywords = ["test"]
categories = ["authentication"]
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
homepage.workspace = true

[{section}]
{dependency}
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]: 0.1.0\n\n### Added\n\n- Everything.\n"
CARGO = """#!/bin/sh
if [ "$1" != publish ]; then exec "{cargo}" "$@"; fi
echo "$@" >>"{asked}"
case "$*" in *"$FAILS"*) exit 1 ;; esac
"""


class Release(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outside = pathlib.Path(folder.name)
        self.root = self.outside / "workspace"
        self.write("Cargo.toml", ROOT)
        self.write("CHANGELOG.md", CHANGELOG)
        # In alphabetical order, the one that is needed comes last.
        for name, dependency in (("above", "below.workspace = true"), ("below", "")):
            self.write(f"crates/{name}/Cargo.toml", PACKAGE.format(name=name, section="dependencies", dependency=dependency))
            self.write(f"crates/{name}/src/lib.rs", "")
            for file in ("README.md", "LICENSE-MIT", "LICENSE-APACHE"):
                self.write(f"crates/{name}/{file}", "text\n")
        self.asked = self.outside / "asked"
        bin_folder = self.outside / "bin"
        bin_folder.mkdir()
        (bin_folder / "cargo").write_text(CARGO.format(cargo=shutil.which("cargo"), asked=self.asked))
        (bin_folder / "cargo").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "FAILS": "nothing"}
        for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
            self.environment |= {f"{name}_NAME": "test", f"{name}_EMAIL": "test@localhost"}
        self.git("init", "--quiet")
        subprocess.run(["cargo", "generate-lockfile", "--offline", "--quiet"], cwd=self.root, check=True)
        self.commit()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def git(self, *arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environment, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "all")

    def release(self, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, str(SCRIPT), "--root", str(self.root), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def prepared(self) -> None:
        self.assertEqual(self.release("prepare", "0.1.0")[0], 0)
        self.commit()

    def refused(self, *texts: str) -> None:
        """Neither checked nor published; each missing text is reported."""
        for arguments in (["check"], ["publish"], ["publish", "--dry-run"]):
            code, out = self.release(*arguments)
            self.assertEqual(code, 1, out)
            for text in texts:
                self.assertIn(text, out)
        self.assertFalse(self.asked.exists())
        self.assertEqual(self.git("tag"), "")

    def uploads(self) -> list[str]:
        return self.asked.read_text().splitlines()

    def test_a_prepared_version_is_published_in_the_order_of_dependencies_and_tagged(self) -> None:
        self.prepared()
        code, out = self.release("publish")
        self.assertEqual(code, 0, out)
        self.assertEqual(self.uploads(), ["publish --locked --package below", "publish --locked --package above"])
        self.assertEqual(self.git("tag"), "v0.1.0\n")

    def test_a_development_dependency_with_a_version_counts_for_the_order(self) -> None:
        package = PACKAGE.format(name="above", section="dev-dependencies", dependency="below.workspace = true")
        self.write("crates/above/Cargo.toml", package)
        self.prepared()
        self.assertIn("below, above", self.release("check")[1])

    def test_an_upload_that_fails_can_be_continued_and_is_not_tagged_before(self) -> None:
        self.prepared()
        self.environment["FAILS"] = "--package above"
        code, out = self.release("publish")
        self.assertEqual((code, self.git("tag")), (1, ""))
        self.assertIn("--from above", out)
        self.environment["FAILS"] = "nothing"
        self.assertEqual(self.release("publish", "--from", "above")[0], 0)
        self.assertEqual(self.uploads()[2:], ["publish --locked --package above"])
        self.assertEqual(self.git("tag"), "v0.1.0\n")

    def test_a_dry_run_asks_once_and_leaves_no_tag(self) -> None:
        self.prepared()
        self.assertEqual(self.release("publish", "--dry-run")[0], 0)
        self.assertEqual(self.uploads(), ["publish --locked --dry-run --package=below --package=above"])
        self.assertEqual(self.git("tag"), "")

    def test_no_repository_and_no_homepage_are_refused(self) -> None:
        self.replace("Cargo.toml", '"https://code.test/repository"', '""')
        self.replace("Cargo.toml", '"https://code.test/"', '"http://code.test/"')
        self.prepared()
        self.refused("all packages: `repository` is not an https URL", "all packages: `homepage` is not an https URL")

    def test_a_placeholder_is_not_a_repository(self) -> None:
        self.replace("Cargo.toml", "https://code.test/repository", "https://example.com/repository")
        self.prepared()
        self.refused("`repository` is not an https URL")

    def test_missing_metadata_and_files_are_all_told_with_the_package(self) -> None:
        self.replace("crates/below/Cargo.toml", 'keywords = ["test"]\n', "")
        (self.root / "crates/below/LICENSE-MIT").unlink()
        self.prepared()
        self.refused("below: `keywords` is missing", "below: the file LICENSE-MIT is missing")

    def test_a_version_without_a_section_in_the_changelog_is_refused(self) -> None:
        self.refused("no section `## [0.1.0] - YYYY-MM-DD`")

    def test_an_empty_section_and_a_date_that_is_none_are_refused(self) -> None:
        self.write("CHANGELOG.md", "## [Unreleased]\n\n## [0.1.0] - soon\n\n")
        self.commit()
        self.refused("`soon` is not a date", "the section of 0.1.0 is empty")

    def test_changes_that_are_not_committed_are_refused(self) -> None:
        self.prepared()
        self.write("crates/below/src/lib.rs", "// changed\n")
        self.refused("not committed")

    def test_a_version_that_is_tagged_is_refused(self) -> None:
        self.prepared()
        self.git("tag", "v0.1.0")
        code, out = self.release("publish")
        self.assertEqual(code, 1)
        self.assertIn("the tag v0.1.0 exists", out)
        self.assertFalse(self.asked.exists())

    def test_a_package_that_depends_on_another_version_is_refused(self) -> None:
        self.prepared()
        self.replace("Cargo.toml", 'crates/below", version = "0.1.0"', 'crates/below", version = "0.0.9"')
        self.replace("Cargo.toml", '\nversion = "0.1.0"', '\nversion = "0.0.10"')
        self.refused("above: depends on below ^0.0.9")

    def test_prepare_writes_the_version_everywhere_and_a_dated_section(self) -> None:
        self.assertEqual(self.release("prepare", "0.2.0-rc.1")[0], 0)
        self.assertEqual((self.root / "Cargo.toml").read_text().count('version = "0.2.0-rc.1"'), 2)
        self.assertEqual((self.root / "Cargo.lock").read_text().count('version = "0.2.0-rc.1"'), 2)
        changelog = (self.root / "CHANGELOG.md").read_text()
        self.assertRegex(changelog, r"## \[Unreleased\]\n\n## \[0\.2\.0-rc\.1\] - \d{4}-\d\d-\d\d\n\n### Added\n\n- Everything.\n")

    def test_prepare_refuses_what_is_no_version_and_versions_of_the_past(self) -> None:
        self.git("tag", "v0.3.0")
        for version in ("1.0", "v1.0.0", "01.0.0", "0.2.0", "0.3.0", "0.3.0-rc.1"):
            code, out = self.release("prepare", version)
            self.assertEqual(code, 1, out)
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_prepare_refuses_an_empty_changelog_and_changes_nothing(self) -> None:
        self.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
        self.commit()
        self.assertEqual(self.release("prepare", "0.2.0")[0], 1)
        self.assertEqual(self.git("status", "--porcelain"), "")


if __name__ == "__main__":
    unittest.main()
