//! The file in which an operator configures plugins.
//!
//! ```toml
//! [plugins.label]
//! source = "oci://registry.example.com/plugins/label:1.0@sha256:…"
//! digest = "sha256:…"                # of the component
//! world = "resource-modifier"
//! applies-to = ["deployments.apps"]  # a modifier is called for these without a rule; Secrets only where named here
//! config = { labels = { team = "shop" } }
//! grants = ["cluster.get:storageclasses.storage.k8s.io"]
//! isolation = "operation"            # or "object"; 256 objects where it is not given
//! limits = { deadline = "2s", memory = "128Mi" }
//! ```

use super::files;
use crate::plugin::{Isolation, Limits};
use crate::report::{Code, Problem, ResultOf, units};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What the file says, in the order of names.
#[derive(Debug, Default)]
pub struct PluginsFile {
    /// Each plugin by its name.
    pub plugins: Vec<(String, Entry)>,
}

/// One plugin.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// Where it comes from.
    pub source: String,
    /// SHA-256 of the component.
    pub digest: Option<String>,
    /// What kind of plugin it must be.
    pub world: Option<String>,
    /// Types of objects, as patterns of `resource.group`.
    pub applies_to: Option<Vec<String>>,
    /// Its configuration.
    pub config: Option<Value>,
    /// What it may do.
    #[serde(default)]
    pub grants: Vec<String>,
    /// What it may use up.
    #[serde(default, deserialize_with = "limits")]
    pub limits: Option<Limits>,
    /// How long an instance lives.
    #[serde(default, deserialize_with = "isolation")]
    pub isolation: Option<Isolation>,
}

impl Entry {
    /// A plugin about which nothing is said but where it comes from.
    pub fn of(source: &str) -> Self {
        Entry {
            source: source.to_owned(),
            digest: None,
            world: None,
            applies_to: None,
            config: None,
            grants: Vec::new(),
            limits: None,
            isolation: None,
        }
    }
}

impl PluginsFile {
    /// Read the file at `path`. Paths in it are relative to its folder.
    pub fn read(path: &Path) -> ResultOf<Self> {
        let text = files::read(path)?;
        let mut file = PluginsFile::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for (_, entry) in &mut file.plugins {
            if !entry.source.starts_with("oci://") {
                entry.source = folder.join(&entry.source).display().to_string();
            }
        }
        Ok(file)
    }

    /// Read `text`; errors name `file` and the line.
    pub fn parse(text: &str, file: &str) -> ResultOf<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            #[serde(default)]
            plugins: BTreeMap<String, Entry>,
        }
        let document: Document = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            Problem::new(Code::InvalidDocument, message).about(format!("{file}:{line}"))
        })?;
        Ok(PluginsFile {
            plugins: document.plugins.into_iter().collect(),
        })
    }
}

/// The limits that are given, and the defaults for the others.
fn limits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limits>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Given {
        deadline: Option<String>,
        memory: Option<String>,
        output: Option<String>,
        operations: Option<usize>,
        depth: Option<usize>,
        log_lines: Option<usize>,
        log_bytes: Option<String>,
        log_shown: Option<u64>,
    }
    let given = Given::deserialize(deserializer)?;
    let size = |text: Option<String>, default: usize| {
        text.map_or(Ok(default), |text| bytes(&text).map_err(D::Error::custom))
    };
    let default = Limits::default();
    let deadline = match given.deadline {
        Some(text) => time(&text).map_err(D::Error::custom)?,
        None => default.deadline,
    };
    Ok(Some(Limits {
        deadline,
        memory: size(given.memory, default.memory)?,
        output: size(given.output, default.output)?,
        operations: given.operations.unwrap_or(default.operations),
        depth: given.depth.unwrap_or(default.depth),
        log_lines: given.log_lines.unwrap_or(default.log_lines),
        log_bytes: size(given.log_bytes, default.log_bytes)?,
        log_shown: given.log_shown.unwrap_or(default.log_shown),
    }))
}

fn isolation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Isolation>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "object" => Ok(Some(Isolation::Object)),
        "operation" => Ok(Some(Isolation::Operation)),
        other => Err(D::Error::custom(format!(
            "'{other}' is no isolation: expected 'object' or 'operation'"
        ))),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let length = match text.strip_suffix("ms") {
        Some(number) => number
            .trim()
            .parse()
            .map(Duration::from_millis)
            .map_err(|_| format!("'{text}' is no time"))?,
        None => {
            Duration::try_from(units::parse_duration(text)?).map_err(|_| format!("'{text}' is no time"))?
        }
    };
    match length.is_zero() {
        true => Err("a deadline of nothing leaves no time for anything".to_owned()),
        false => Ok(length),
    }
}

/// `64Mi`, `1Gi`, `512Ki`, or a number of bytes, as Kubernetes writes it.
fn bytes(text: &str) -> Result<usize, String> {
    let wrong =
        || format!("'{text}' is no size: expected a number of bytes, or one such as 512Ki, 64Mi or 1Gi");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" => 1,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: usize = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn everything_that_can_be_configured_is_read() {
        let text = r#"
[plugins.zero]
source = "oci://localhost:5000/zero:1"

[plugins.label]
source = "label.wasm"
digest = "sha256:00"
world = "resource-modifier"
applies-to = ["pods"]
config = { labels = { team = "shop" } }
grants = ["object.rename"]
isolation = "operation"
limits = { deadline = "2500ms", memory = "128Mi", log-lines = 5 }
"#;
        let file = PluginsFile::parse(text, "plugins.toml").unwrap();
        let names: Vec<&str> = file.plugins.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["label", "zero"]);
        let (_, label) = &file.plugins[0];
        assert_eq!(label.config, Some(json!({"labels": {"team": "shop"}})));
        assert_eq!(label.isolation, Some(Isolation::Operation));
        let expected = Limits {
            deadline: Duration::from_millis(2500),
            memory: 128 << 20,
            log_lines: 5,
            ..Limits::default()
        };
        assert_eq!(label.limits, Some(expected));
    }

    #[rstest]
    #[case::two_of_one_name("[plugins.a]\nsource = 'a'\n[plugins.a]\nsource = 'b'", "plugins.toml:3: ")]
    #[case::misspelt(
        "[plugins.a]\nsource = 'a'\ngrant = []",
        "plugins.toml:3: unknown field `grant`"
    )]
    #[case::no_source("[plugins.a]\n", "plugins.toml:1: missing field `source`")]
    #[case::isolation(
        "[plugins.a]\nsource = 'a'\nisolation = 'batch'",
        "plugins.toml:3: 'batch' is no isolation"
    )]
    #[case::size(
        "[plugins.a]\nsource = 'a'\nlimits = { memory = '64MB' }",
        "plugins.toml:3: '64MB' is no size"
    )]
    #[case::time("[plugins.a]\nsource = 'a'\nlimits = { deadline = '0s' }", "plugins.toml:3: ")]
    #[case::limit(
        "[plugins.a]\nsource = 'a'\nlimits = { fuel = 1 }",
        "plugins.toml:3: unknown field `fuel`"
    )]
    #[case::elsewhere("[plugin.a]\nsource = 'a'", "plugins.toml:1: unknown field `plugin`")]
    fn what_is_wrong_is_named_with_its_line(#[case] text: &str, #[case] message: &str) {
        let problem = PluginsFile::parse(text, "plugins.toml").unwrap_err();
        assert!(problem.to_string().starts_with(message), "{problem}");
    }
}
