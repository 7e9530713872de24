//! Azurite from npm, installed once and kept outside the tree under a key of its lock file.

use crate::kept;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `package.json` and `package-lock.json` are.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/azurite");

/// The script of Azurite's blob service, for `node`.
///
/// # Panics
/// When it is neither there nor can be installed; the message says what to do.
pub(super) fn program() -> PathBuf {
    let lock_file = fs::read(Path::new(PACKAGE).join("package-lock.json")).expect("the lock file of Azurite");
    let folder = kept::folder("azurite", &lock_file, install);
    folder.join("node_modules/azurite/dist/src/blob/main.js")
}

fn install(folder: &Path) {
    // Straight to the terminal: a test's own output is shown only when it fails, and this takes a minute.
    let _ = writeln!(
        io::stderr(),
        "installing Azurite with npm, once; this can take a minute"
    );
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(PACKAGE).join(file), folder.join(file)).expect("the files of Azurite's package");
    }
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "the tests of the store in Azure run Azurite, which npm installs; npm does not run: {error}"
            )
        });
    assert!(
        output.status.success(),
        "Azurite cannot be installed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
