//! The component of a project: where the builds of the three languages leave it.

use super::AuthoringError;
use super::package::{componentize, with_manifest};
use crate::plugin::{Limits, Plugin, PluginError, PluginHost, Settings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A component that was built, and the folder with its cases.
#[derive(Debug)]
pub struct Component {
    /// The file that it was read from.
    pub file: PathBuf,
    /// The component. A core module has been made one.
    pub bytes: Vec<u8>,
    /// The folder of the project.
    pub folder: PathBuf,
}

impl Component {
    /// Load it under the name of its file, with `config`, and granted what its manifest asks for: its author trusts it.
    pub fn load(&self, host: &PluginHost, config: Value) -> Result<(Arc<Plugin>, Settings), PluginError> {
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let plugin = host.load(&name, &self.bytes)?;
        let settings = asked_for(&plugin, config);
        Ok((plugin, settings))
    }

    /// The component at `path`: a file, or a folder with a project that was built. Where a component has no manifest,
    /// the project's `manifest.json` is taken.
    pub fn find(path: &Path) -> Result<Self, AuthoringError> {
        let (file, folder) = if path.is_dir() {
            (newest(path)?, path.to_owned())
        } else {
            (path.to_owned(), project_of(path))
        };
        let bytes = std::fs::read(&file).map_err(AuthoringError::file(&file))?;
        let bytes = componentize(bytes)?;
        Ok(Component {
            bytes: with_manifest_of(bytes, &folder)?,
            file,
            folder,
        })
    }
}

/// Settings with `config` that grant what the manifest of `plugin` asks for, and show all of its log.
pub(super) fn asked_for(plugin: &Plugin, config: Value) -> Settings {
    let manifest = plugin.inspection().manifest.iter();
    Settings {
        grants: manifest
            .flat_map(|manifest| manifest.grants.iter().cloned())
            .collect(),
        limits: Limits {
            log_shown: u64::MAX,
            ..Limits::default()
        },
        ..Settings::new(config)
    }
}

/// The folder that a component's project most likely is in: the nearest one above with cases or a manifest.
fn project_of(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let is_project = |folder: &&Path| folder.join("cases").is_dir() || folder.join("manifest.json").is_file();
    let found = absolute.ancestors().skip(1).find(is_project);
    found.or(absolute.parent()).unwrap_or(Path::new(".")).to_owned()
}

/// The newest of the components that builds leave in the project at `folder`.
fn newest(folder: &Path) -> Result<PathBuf, AuthoringError> {
    let mut places = vec![folder.join("plugin.wasm")];
    if let Some(package) = package_of(folder) {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
        for triple in ["wasm32-wasip2", "wasm32-unknown-unknown"] {
            for profile in ["release", "debug"] {
                places.push(target.join(triple).join(profile).join(format!("{package}.wasm")));
            }
        }
    }
    let written = |place: &&PathBuf| std::fs::metadata(place).and_then(|about| about.modified()).ok();
    let newest = places
        .iter()
        .filter_map(|place| Some((written(&place)?, place)))
        .max_by_key(|found: &(SystemTime, _)| found.0);
    match newest {
        Some((_, place)) => Ok(place.clone()),
        None => Err(AuthoringError::NotBuilt {
            folder: folder.display().to_string(),
            tried: places.iter().map(|place| place.display().to_string()).collect(),
        }),
    }
}

/// What cargo calls the library of the project at `folder`, where it is one of Rust.
fn package_of(folder: &Path) -> Option<String> {
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml"))
        .ok()?
        .parse()
        .ok()?;
    let named = |table: &str| Some(manifest.get(table)?.get("name")?.as_str()?.to_owned());
    Some(named("lib").or_else(|| named("package"))?.replace('-', "_"))
}

fn with_manifest_of(bytes: Vec<u8>, folder: &Path) -> Result<Vec<u8>, AuthoringError> {
    let has_one = crate::plugin::Inspection::of(&bytes).is_ok_and(|inspection| inspection.manifest.is_some());
    if has_one {
        return Ok(bytes);
    }
    match std::fs::read(folder.join("manifest.json")) {
        Ok(manifest) => with_manifest(&bytes, &manifest),
        Err(_) => Ok(bytes),
    }
}
