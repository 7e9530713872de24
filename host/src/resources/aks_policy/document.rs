//! The JSON of a policy of AKS Backup, as its REST interface has it (version 2025-07-01).

use crate::policy::PolicyError;
use serde::Deserialize;
use serde_json::Value;

/// A policy and its name.
pub(super) struct Document {
    pub name: Option<String>,
    pub properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Properties {
    #[serde(default)]
    pub datasource_types: Vec<String>,
    #[serde(rename = "objectType")]
    _object_type: Option<BackupPolicyType>,
    pub policy_rules: Vec<PolicyRule>,
}

#[derive(Deserialize)]
enum BackupPolicyType {
    BackupPolicy,
}

/// A rule of either type: with a trigger, or with life cycles.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PolicyRule {
    pub object_type: String,
    pub name: String,
    pub backup_parameters: Option<BackupParameters>,
    pub data_store: Option<DataStore>,
    pub trigger: Option<Trigger>,
    #[serde(default)]
    pub is_default: bool,
    #[serde(default)]
    pub lifecycles: Vec<LifeCycle>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BackupParameters {
    pub backup_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataStore {
    pub data_store_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Trigger {
    pub object_type: String,
    pub schedule: RepeatingSchedule,
    pub tagging_criteria: Vec<TaggingCriterion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RepeatingSchedule {
    pub repeating_time_intervals: Vec<String>,
    pub time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TaggingCriterion {
    pub is_default: bool,
    pub tagging_priority: i64,
    pub tag_info: TagInfo,
    pub criteria: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TagInfo {
    pub tag_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LifeCycle {
    pub source_data_store: DataStore,
    pub delete_after: DeleteOption,
    pub target_data_store_copy_settings: Option<Vec<CopySetting>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeleteOption {
    pub object_type: String,
    pub duration: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CopySetting {
    pub copy_after: CopyOption,
    pub data_store: DataStore,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CopyOption {
    pub object_type: String,
    pub duration: Option<String>,
}

impl Document {
    /// Read a policy: as a resource of Azure, or the properties of one alone.
    pub fn parse(text: &str) -> Result<Document, PolicyError> {
        let whole: Value = serde_json::from_str(text).map_err(|error| {
            PolicyError::new(
                format!("line {}", error.line()),
                format!("this is no JSON: {error}"),
            )
        })?;
        let name = whole.get("name").and_then(Value::as_str).map(str::to_owned);
        let properties = match whole.get("properties") {
            Some(properties) => properties,
            None => &whole,
        };
        let properties = serde_path_to_error::deserialize(properties)
            .map_err(|error| PolicyError::new(error.path().to_string(), error.inner().to_string()))?;
        Ok(Document { name, properties })
    }
}
