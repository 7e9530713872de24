//! The digest of everything that the built-in plugins are made from.

use crate::{Result, TARGET, folders, plugins};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// SHA-256 over the plugins, the SDK, the contract, the profile, and the versions of their own resolved dependencies:
/// a change of the host or of the rest of the lock file leaves it as it is.
pub fn digest_of_sources(workspace: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    for file in source_files(workspace)? {
        let name = file.strip_prefix(workspace)?.to_string_lossy().into_owned();
        let content = std::fs::read(&file).map_err(|error| format!("{name}: {error}"))?;
        digest.update(format!("{name} {}\n", hex::encode(Sha256::digest(&content))));
    }
    let packages = packages(workspace)?;
    for (name, version) in &packages {
        digest.update(format!("{name} {version}\n"));
    }
    digest.update(settings(workspace, &packages)?);
    Ok(hex::encode(digest.finalize()))
}

fn source_files(workspace: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(&workspace.join("wit"), &mut files)?;
    let crates = plugins().map(|plugin| workspace.join(folders(plugin).0).join(plugin));
    for folder in crates.chain([workspace.join("sdk/rust")]) {
        files.push(folder.join("Cargo.toml"));
        files.extend(Some(folder.join("manifest.json")).filter(|manifest| manifest.exists()));
        collect(&folder.join("src"), &mut files)?;
        let own = folder.join("wit");
        if own.is_dir() && !own.is_symlink() {
            collect(&own, &mut files)?;
        }
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The packages from registries that are compiled into a plugin or into what compiles it, with version and checksum.
fn packages(workspace: &Path) -> Result<BTreeMap<String, String>> {
    let metadata = metadata(workspace)?;
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"]).filter_map(by_id).collect();
    let packages: BTreeMap<&str, &Value> = list(&metadata["packages"]).filter_map(by_id).collect();
    let roots = packages.iter().filter(|(_, package)| {
        package["name"]
            .as_str()
            .and_then(|name| name.strip_prefix("lazarette-"))
            .is_some_and(|name| plugins().any(|plugin| plugin == name))
    });
    let mut open: Vec<&str> = roots.map(|(id, _)| *id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(
                list(&nodes[id]["deps"])
                    .filter(|dep| !is_dev(dep))
                    .filter_map(|dep| dep["pkg"].as_str()),
            );
        }
    }
    let from_registry = seen
        .iter()
        .filter_map(|id| packages.get(id))
        .filter(|package| !package["source"].is_null());
    Ok(from_registry
        .map(|package| (text(&package["name"]), text(&package["version"])))
        .collect())
}

fn metadata(workspace: &Path) -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            TARGET,
        ])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the workspace says about the profile and about the features of these packages.
fn settings(workspace: &Path, packages: &BTreeMap<String, String>) -> Result<String> {
    let manifest: toml::Table = std::fs::read_to_string(workspace.join("Cargo.toml"))?.parse()?;
    let dependencies = manifest["workspace"]["dependencies"]
        .as_table()
        .cloned()
        .unwrap_or_default();
    let of_plugins: toml::Table = dependencies
        .into_iter()
        .filter(|(name, _)| packages.contains_key(name))
        .collect();
    Ok(serde_json::to_string(&(
        &manifest["profile"]["plugin"],
        &manifest["profile"]["release"],
        of_plugins,
    ))?)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn by_id(value: &Value) -> Option<(&str, &Value)> {
    Some((value["id"].as_str()?, value))
}

fn is_dev(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).all(|kind| kind["kind"] == "dev")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Record, workspace};

    fn record() -> Record {
        let path = workspace().join("plugins/dist/record.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn the_committed_components_are_those_of_the_sources() {
        assert_eq!(
            record().sources,
            digest_of_sources(&workspace()).unwrap(),
            "plugins, SDK, contract or their dependencies have changed: run `cargo run -p lazarette-build-plugins`"
        );
    }

    #[test]
    fn the_committed_components_are_those_that_were_built() {
        for (name, digest) in record().components {
            let component =
                std::fs::read(workspace().join(folders(&name).1).join(format!("{name}.wasm"))).unwrap();
            assert_eq!(
                hex::encode(Sha256::digest(&component)),
                digest,
                "{name}.wasm is not what was built"
            );
        }
    }

    #[test]
    fn every_plugin_has_a_component() {
        let names: BTreeSet<String> = record().components.into_keys().collect();
        assert_eq!(names, plugins().map(str::to_owned).collect());
    }

    #[test]
    fn dependencies_of_the_host_alone_do_not_count() {
        let packages = packages(&workspace()).unwrap();
        assert!(packages.contains_key("serde_json"));
        assert!(!packages.contains_key("wasmtime"));
        assert!(!packages.contains_key("clap"));
        assert!(!packages.contains_key("wat"), "a dependency of tests only");
    }
}
