//! Azurite from npm, installed once and kept outside the tree under a key of its lock file.

use crate::servers;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
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
    let key = &hex::encode(Sha256::digest(lock_file))[..12];
    let folder = servers::cache().join(format!("azurite-{key}"));
    let program = folder.join("node_modules/azurite/dist/src/blob/main.js");
    if program.is_file() {
        return program;
    }
    fs::create_dir_all(servers::cache()).expect("a folder for Azurite");
    // Several test processes want it at once: one installs, the others wait for it.
    let lock = File::create(folder.with_extension("lock")).expect("a lock");
    lock.lock().expect("a lock");
    if !program.is_file() {
        install(&folder);
    }
    program
}

fn install(folder: &Path) {
    // Straight to the terminal: a test's own output is shown only when it fails, and this takes a minute.
    let _ = writeln!(
        io::stderr(),
        "installing Azurite with npm, once; this can take a minute"
    );
    let unfinished = folder.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).expect("a folder for Azurite");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(PACKAGE).join(file), unfinished.join(file))
            .expect("the files of Azurite's package");
    }
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"])
        .current_dir(&unfinished)
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
    fs::rename(&unfinished, folder).expect("Azurite gets its name");
}
