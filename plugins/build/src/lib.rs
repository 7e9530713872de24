//! Builds the built-in plugins, and says whether those that are committed are still those of their sources.
//!
//! `cargo run -p lazarette-build-plugins` writes `plugins/dist/NAME.wasm` for each plugin, and beside them
//! `record.json`: a digest of everything that they were made from, and the digest of each component.

mod sources;
mod toolchain;

pub use sources::digest_of_sources;
pub use toolchain::{Toolchain, find_toolchain};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A result of this tool: its errors are only printed.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The plugins that ship with the host, in the order in which authors should read them.
pub const PLUGINS: &[&str] = &[
    "conflict-skip",
    "json-patch",
    "merge-patch",
    "conflict-patch",
    "strategic-merge-patch",
    "exec-hooks",
];

/// Examples for authors, in `sdk/rust/examples`.
pub const EXAMPLES: &[&str] = &[
    "image-registry",
    "storage-class",
    "ingress-host",
    "policy-by-kind",
    "recreate-immutable",
    "regex-replace",
];

/// Plugins for tests of the host, in `tests/fixtures`.
pub const FIXTURES: &[&str] = &[
    "misbehaving",
    "looking",
    "hooking",
    "ambient",
    "capricious",
    "postgresql-session",
    "postgresql-standstill",
];

/// The target that brings no WASI.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What lies beside the components, so that they can never be stale.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// SHA-256 of everything that the components were made from.
    pub sources: String,
    /// SHA-256 of each component.
    pub components: BTreeMap<String, String>,
}

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// Where a plugin's crate is, and where its component goes.
fn folders(plugin: &str) -> (&'static str, &'static str) {
    if FIXTURES.contains(&plugin) {
        ("tests/fixtures", "tests/fixtures/dist")
    } else if EXAMPLES.contains(&plugin) {
        ("sdk/rust/examples", "sdk/rust/examples/dist")
    } else {
        ("plugins", "plugins/dist")
    }
}

/// All plugins that are built.
fn plugins() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().chain(EXAMPLES).chain(FIXTURES).copied()
}

/// Build all plugins with `toolchain` into `plugins/dist`, those for tests and the examples into `dist` folders
/// beside their sources.
pub fn build(workspace: &Path, toolchain: &Toolchain) -> Result<Record> {
    let folder = compile(workspace, toolchain)?;
    let mut components = BTreeMap::new();
    for plugin in plugins() {
        let dist = workspace.join(folders(plugin).1);
        std::fs::create_dir_all(&dist)?;
        let core = std::fs::read(folder.join(format!("lazarette_{}.wasm", plugin.replace('-', "_"))))?;
        let component = componentize(&core).map_err(|error| format!("{plugin}: {error}"))?;
        std::fs::write(dist.join(format!("{plugin}.wasm")), &component)?;
        println!("{plugin}.wasm  {} KiB", component.len() / 1024);
        components.insert(plugin.to_owned(), hex::encode(Sha256::digest(&component)));
    }
    let record = Record {
        sources: digest_of_sources(workspace)?,
        components,
    };
    std::fs::write(
        workspace.join("plugins/dist/record.json"),
        serde_json::to_string_pretty(&record)? + "\n",
    )?;
    Ok(record)
}

/// Compile all plugins to core modules, and return the folder that they are in.
fn compile(workspace: &Path, toolchain: &Toolchain) -> Result<PathBuf> {
    let target = toolchain.target_folder(workspace);
    for plugin in plugins() {
        let package = format!("lazarette-{plugin}");
        let mut cargo = toolchain.cargo();
        cargo
            .current_dir(workspace)
            .args(["rustc", "--quiet", "--locked", "--profile", "plugin", "--lib"]);
        cargo.args([
            "--package",
            &package,
            "--target",
            TARGET,
            "--crate-type",
            "cdylib",
        ]);
        cargo.arg("--target-dir").arg(&target);
        run(&mut cargo)?;
    }
    Ok(target.join(TARGET).join("plugin"))
}

/// The component of a core module that `wit-bindgen` wrote its types into.
fn componentize(core: &[u8]) -> Result<Vec<u8>> {
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(core)
        .and_then(wit_component::ComponentEncoder::encode)
        .map_err(|error| format!("{error:#}"))?;
    Ok(component)
}

/// Run `command`, and make an error of anything but success.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}
