//! What a component says about itself without being run: its world, its imports, its manifest.

use super::log::printable;
use super::{CONTRACT_VERSION, PluginErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use wasmparser::{Encoding, KnownCustom, Parser, Payload, ProducersSectionReader};

/// The largest component that is looked at. 128 MiB: seven times that of the heaviest script runtime.
pub const LARGEST_COMPONENT: usize = 128 << 20;

/// The package of the contract, as it stands in the names of imports and exports.
const PACKAGE: &str = "lazarette:plugin/";

/// The interfaces of the contract that a plugin can import.
const INTERFACES: &[&str] = &[
    "types",
    "objects",
    "decisions",
    "events",
    "pods",
    "cluster",
    "schemas",
    "operation",
    "log",
];

/// The custom section that holds a plugin's manifest.
pub const MANIFEST_SECTION: &str = "lazarette:manifest";

/// Tools that are kept of a component. 50: one component has five.
const PRODUCERS: usize = 50;

/// The kinds of plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Changes objects.
    ResourceModifier,
    /// Decides what happens when an object exists already.
    ConflictResolver,
    /// Acts around pods.
    PodHook,
}

impl World {
    /// All of them, in the order of the contract.
    pub const ALL: [World; 3] = [World::ResourceModifier, World::ConflictResolver, World::PodHook];

    /// The name of the world in `wit/`.
    pub fn name(self) -> &'static str {
        match self {
            World::ResourceModifier => "resource-modifier",
            World::ConflictResolver => "conflict-resolver",
            World::PodHook => "pod-hook",
        }
    }
}

/// What the author says about a plugin: JSON in the custom section `lazarette:manifest`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Name of the plugin.
    pub name: String,
    /// Version of the plugin.
    #[serde(default)]
    pub version: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// Resource types that it applies to, as globs of `resource.group`; empty for all but Secrets.
    #[serde(default)]
    pub applies_to: Vec<String>,
    /// Grants that it asks for.
    #[serde(default)]
    pub grants: Vec<String>,
    /// The author's promise that a modifier decides by its configuration, the operation and what it asks about the
    /// object, and by nothing else, so that the host may remember what it decided.
    #[serde(default)]
    pub pure: bool,
    /// JSON schema of its configuration.
    #[serde(default)]
    pub config_schema: Option<Value>,
}

/// What can be known of a component without running it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// Which kind of plugin it is.
    pub world: World,
    /// Version of the contract that it was built for.
    pub contract: String,
    /// Interfaces that it imports, in order.
    pub imports: Vec<String>,
    /// Interfaces that it exports, in order.
    pub exports: Vec<String>,
    /// What it was made with, as `field: name version`, from the section `producers`.
    pub producers: BTreeSet<String>,
    /// What its author says, where there is a manifest.
    pub manifest: Option<Manifest>,
    /// Bytes.
    pub size: usize,
    /// SHA-256.
    pub digest: String,
}

impl Inspection {
    /// Look at a component. Refuses what is none, what exports no world of ours or that of another version, and what
    /// imports something that nobody can be granted.
    pub fn of(bytes: &[u8]) -> Result<Self, PluginErrorKind> {
        let found = Found::read(bytes)?;
        let contract = found.contract()?;
        found.check_imports()?;
        Ok(Inspection {
            world: found.world()?,
            contract,
            manifest: found.manifest.as_deref().map(parse_manifest).transpose()?,
            imports: found.imports,
            exports: found.exports,
            producers: found.producers,
            size: bytes.len(),
            digest: hex::encode(Sha256::digest(bytes)),
        })
    }

    /// Whether the component imports this interface of the contract.
    pub fn imports(&self, interface: &str) -> bool {
        self.imports
            .iter()
            .any(|import| import.starts_with(&format!("{PACKAGE}{interface}@")))
    }

    /// The grants that it needs: those that its manifest asks for, and what it imports.
    pub fn grants(&self) -> BTreeSet<String> {
        let asked = self
            .manifest
            .iter()
            .flat_map(|manifest| manifest.grants.iter().cloned());
        let asked: BTreeSet<String> = asked.collect();
        let looks_up = self.imports("cluster") && !asked.iter().any(|grant| grant.starts_with("cluster."));
        let pods = self.imports("pods").then(|| "pods.exec".to_owned());
        let cluster = looks_up.then(|| "cluster.get or cluster.list, for what it looks up".to_owned());
        asked.into_iter().chain(pods).chain(cluster).collect()
    }

    /// Whether its calls may have to wait for something: all hooks, what looks things up, and what imports WASI, whose
    /// streams could wait.
    pub fn waits(&self) -> bool {
        let imports_wasi = self.imports.iter().any(|import| import.starts_with("wasi:"));
        self.world == World::PodHook || self.imports("cluster") || self.imports("pods") || imports_wasi
    }
}

/// The names in a component.
#[derive(Default)]
struct Found {
    imports: Vec<String>,
    exports: Vec<String>,
    producers: BTreeSet<String>,
    manifest: Option<Vec<u8>>,
}

impl Found {
    fn read(bytes: &[u8]) -> Result<Self, PluginErrorKind> {
        let invalid = |error: wasmparser::BinaryReaderError| {
            PluginErrorKind::Invalid(format!("it is not a whole WebAssembly component: {error}"))
        };
        if bytes.len() > LARGEST_COMPONENT {
            let message = format!(
                "it has {} MiB; at most {} are taken",
                bytes.len() >> 20,
                LARGEST_COMPONENT >> 20
            );
            return Err(PluginErrorKind::Invalid(message));
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(PluginErrorKind::Invalid("it is not WebAssembly".to_owned()));
        }
        let mut found = Found::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::Version {
                    encoding: Encoding::Module,
                    ..
                } if depth == 0 => {
                    let message =
                        "it is a core module, not a component; `wasm-tools component new` makes one of it";
                    return Err(PluginErrorKind::Invalid(message.to_owned()));
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        found.imports.push(import.map_err(invalid)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        found.exports.push(export.map_err(invalid)?.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                    found.manifest = Some(section.data().to_owned());
                }
                // What is wrong here is no reason to refuse a component.
                Payload::CustomSection(section) => {
                    if let KnownCustom::Producers(producers) = section.as_known() {
                        found.add_producers(producers);
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Take down what a component or a module in it was made with, as far as that can be read.
    fn add_producers(&mut self, producers: ProducersSectionReader<'_>) {
        for field in producers.into_iter().flatten() {
            for value in field.values.into_iter().flatten() {
                let text = format!("{}: {} {}", field.name, value.name, value.version);
                if self.producers.len() < PRODUCERS {
                    self.producers.insert(printable(text.trim_end()));
                }
            }
        }
    }

    /// The version of the contract; an error where it is not ours.
    fn contract(&self) -> Result<String, PluginErrorKind> {
        let ours = self
            .exports
            .iter()
            .chain(&self.imports)
            .filter_map(|name| name.strip_prefix(PACKAGE));
        let versions = ours
            .filter_map(|name| name.split_once('@'))
            .map(|(_, version)| version);
        for version in versions {
            if version != CONTRACT_VERSION {
                return Err(PluginErrorKind::Contract {
                    found: version.to_owned(),
                });
            }
        }
        Ok(CONTRACT_VERSION.to_owned())
    }

    fn world(&self) -> Result<World, PluginErrorKind> {
        let exports = |interface: &str| {
            self.exports
                .contains(&format!("{PACKAGE}{interface}@{CONTRACT_VERSION}"))
        };
        match (exports("modifier"), exports("resolver"), exports("hook")) {
            (true, false, false) => Ok(World::ResourceModifier),
            (false, true, false) => Ok(World::ConflictResolver),
            (false, false, true) => Ok(World::PodHook),
            (false, false, false) => Err(PluginErrorKind::Invalid(format!(
                "it exports none of {PACKAGE}modifier, resolver and hook, version {CONTRACT_VERSION}"
            ))),
            _ => Err(PluginErrorKind::Invalid(
                "it exports more than one kind of plugin".to_owned(),
            )),
        }
    }

    fn check_imports(&self) -> Result<(), PluginErrorKind> {
        let never = |name: &&String| name.starts_with("wasi:sockets") || name.starts_with("wasi:http");
        if let Some(import) = self.imports.iter().find(never) {
            return Err(PluginErrorKind::Grant(format!(
                "it imports {import}; no plugin gets to the network"
            )));
        }
        let is_unknown =
            |name: &&String| match name.strip_prefix(PACKAGE).and_then(|name| name.split_once('@')) {
                Some((interface, _)) => !INTERFACES.contains(&interface),
                None => !name.starts_with("wasi:"),
            };
        match self.imports.iter().find(is_unknown) {
            Some(import) => Err(PluginErrorKind::Grant(format!(
                "it imports {import}, which this host does not have"
            ))),
            None => Ok(()),
        }
    }
}

fn parse_manifest(json: &[u8]) -> Result<Manifest, PluginErrorKind> {
    serde_json::from_slice(json)
        .map_err(|error| PluginErrorKind::Invalid(format!("its manifest is wrong: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn refusal(bytes: &[u8]) -> String {
        Inspection::of(bytes).unwrap_err().to_string()
    }

    #[rstest]
    #[case::text(b"hello".to_vec(), "it is not WebAssembly")]
    #[case::nothing(Vec::new(), "it is not WebAssembly")]
    #[case::core_module(wat::parse_str("(module)").unwrap(), "it is a core module, not a component")]
    #[case::no_world(wat::parse_str("(component)").unwrap(), "it exports none of lazarette:plugin/modifier")]
    #[case::truncated(wat::parse_str("(component (core module (func)))").unwrap()[..20].to_vec(), "it is not a whole")]
    fn what_is_no_plugin_is_refused(#[case] bytes: Vec<u8>, #[case] message: &str) {
        assert!(refusal(&bytes).starts_with(message), "{}", refusal(&bytes));
    }

    #[test]
    fn another_version_of_the_contract_is_named() {
        let bytes = wat::parse_str(
            r#"(component (instance $i) (export "lazarette:plugin/modifier@0.2.0" (instance $i)))"#,
        );
        assert_eq!(
            Inspection::of(&bytes.unwrap()).unwrap_err(),
            PluginErrorKind::Contract {
                found: "0.2.0".to_owned()
            }
        );
    }

    #[rstest]
    #[case("wasi:sockets/tcp@0.2.0", "no plugin gets to the network")]
    #[case("wasi:http/outgoing-handler@0.2.0", "no plugin gets to the network")]
    #[case("example:own/thing@1.0.0", "which this host does not have")]
    fn imports_that_nobody_is_granted_are_refused(#[case] import: &str, #[case] message: &str) {
        let text = format!(
            r#"(component (import "{import}" (instance)) (instance $i)
                (export "lazarette:plugin/modifier@0.1.0" (instance $i)))"#
        );
        assert!(refusal(&wat::parse_str(text).unwrap()).contains(message));
    }

    #[test]
    fn a_manifest_is_found_in_a_nested_module() {
        let text = r#"(component
            (core module (@custom "lazarette:manifest" "{\"name\": \"nested\"}"))
            (instance $i) (export "lazarette:plugin/modifier@0.1.0" (instance $i)))"#;
        let manifest = Inspection::of(&wat::parse_str(text).unwrap())
            .unwrap()
            .manifest
            .unwrap();
        assert_eq!(manifest.name, "nested");
    }
}
