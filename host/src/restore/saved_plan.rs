//! Plans that are kept, to be applied later: a file of JSON.

use super::commitment::PlanKey;
use super::policy::{ConflictPolicies, ParsePolicyError};
use super::report::RestoreReport;
use super::request::{OnModifierError, Plugins, RestoreRequest, VolumeMode};
use crate::archive::BackupName;
use crate::hooks::{HookDocument, HookError, Side};
use crate::modify::Rules;
use crate::object::FilterSpec;
use crate::plugin::{PluginError, PluginErrorKind};
use crate::report::{Code, Problem, ResultOf};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The form in which this program writes plans, and the only one that it reads.
const FORMAT: u32 = 1;

/// A plan that is kept: what was asked for, and what would be done. It holds no value of a Secret, only digests that are
/// keyed by the plan's own secret. Components of plugins are not in it: they are named again when it is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    format: u32,
    key: PlanKey,
    /// What was asked for.
    pub specification: Specification,
    /// What would be done.
    pub report: RestoreReport,
}

/// What a restore is asked to do, in the form of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Specification {
    /// Name of the backup.
    pub backup: BackupName,
    /// Which of its objects.
    pub filter: FilterSpec,
    /// From the namespace in the backup to the one in the cluster.
    pub namespace_mappings: BTreeMap<String, String>,
    /// The document of resource modifiers, as its author wrote it.
    pub modifiers: Option<String>,
    /// `skip-object`, `restore-unmodified` or `abort`.
    pub on_modifier_error: OnModifierError,
    /// `patch,secrets=skip`.
    pub conflict_policies: String,
    /// Restore what is whole of a damaged backup.
    pub skip_damaged: bool,
    /// Keep all node ports of services.
    pub preserve_node_ports: bool,
    /// Whether claims get their data.
    #[serde(default, skip_serializing_if = "VolumeMode::is_default")]
    pub volumes: VolumeMode,
    /// Hooks, as their authors wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookDocument>,
    /// Whether annotations of pods are hooks too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hook_annotations: bool,
}

/// A specification that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpecificationError {
    /// The conflict policies are none.
    #[error(transparent)]
    Policies(#[from] ParsePolicyError),
    /// The document of resource modifiers is wrong.
    #[error("{0}")]
    Modifiers(String),
    /// A plugin is another one than in the plan.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A hook is wrong.
    #[error(transparent)]
    Hooks(#[from] HookError),
}

impl Specification {
    /// The request for the restore `name` at `time`.
    pub fn request(
        &self,
        name: String,
        time: jiff::Timestamp,
        plugins: Plugins,
    ) -> Result<RestoreRequest, SpecificationError> {
        let rules = self.modifiers.as_deref().map(Rules::parse).transpose();
        let modifiers = rules.map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            SpecificationError::Modifiers(problems.join("\n"))
        })?;
        let mut hooks = Vec::new();
        for document in &self.hooks {
            hooks.extend(document.hooks(Side::Restore)?);
        }
        Ok(RestoreRequest {
            hooks,
            hook_annotations: self.hook_annotations,
            filter: self.filter.clone(),
            namespace_mappings: self.namespace_mappings.clone(),
            modifiers,
            on_modifier_error: self.on_modifier_error,
            conflict_policies: self.conflict_policies.parse::<ConflictPolicies>()?,
            plugins,
            skip_damaged: self.skip_damaged,
            volumes: self.volumes,
            preserve_node_ports: self.preserve_node_ports,
            ..RestoreRequest::new(name, time)
        })
    }
}

impl SavedPlan {
    /// The plan `report`, which was made with `key` from `specification`.
    pub fn new(key: PlanKey, specification: Specification, report: RestoreReport) -> Self {
        SavedPlan {
            format: FORMAT,
            key,
            specification,
            report,
        }
    }

    /// The request for a restore that does what was planned, and nothing else. Plugins see the time of the plan.
    pub fn request(&self, name: String, plugins: Plugins) -> Result<RestoreRequest, SpecificationError> {
        self.check_components(&plugins)?;
        let request = self.specification.request(name, self.report.time, plugins)?;
        Ok(RestoreRequest {
            plan_key: Some(self.key.clone()),
            agreed: Some(self.report.objects.clone()),
            agreed_look_ups: self.report.look_ups.clone(),
            ..request
        })
    }

    /// Refuse a component that is not the one which decided in the plan.
    fn check_components(&self, plugins: &Plugins) -> Result<(), PluginError> {
        for planned in &self.report.plugins {
            let Some(now) = plugins
                .get(&planned.plugin)
                .map(|found| found.plugin.inspection())
            else {
                continue;
            };
            if now.digest != planned.digest {
                let message = format!(
                    "its SHA-256 is {}, and the plan was made with {}",
                    now.digest, planned.digest
                );
                return Err(PluginError {
                    plugin: planned.plugin.clone(),
                    kind: PluginErrorKind::Digest(message),
                });
            }
        }
        Ok(())
    }

    /// Write the plan to `file`, which only its owner can read. One that is there is replaced as a whole.
    pub fn write(&self, file: &Path) -> ResultOf<()> {
        let failed =
            |error: std::io::Error| Problem::new(Code::FileAccess, error.to_string()).about(file.display());
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        {
            let mut buffered = std::io::BufWriter::new(&mut temporary);
            serde_json::to_writer_pretty(&mut buffered, self).map_err(|error| failed(error.into()))?;
            std::io::Write::flush(&mut buffered).map_err(failed)?;
        }
        temporary.as_file().sync_all().map_err(failed)?;
        temporary.persist(file).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Read a plan.
    pub fn read(text: &str) -> ResultOf<Self> {
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let invalid = |message: String| Problem::new(Code::InvalidDocument, message);
        let no_plan = |error: serde_json::Error| invalid(format!("it is no saved plan: {error}"));
        let Form { format } = serde_json::from_str(text).map_err(no_plan)?;
        match format {
            FORMAT => serde_json::from_str(text).map_err(no_plan),
            other => Err(invalid(format!(
                "it is a plan of form {other}, and this version of lazarette reads form {FORMAT}: make the plan anew"
            ))),
        }
    }
}

impl From<SpecificationError> for Problem {
    fn from(error: SpecificationError) -> Self {
        let code = match error {
            SpecificationError::Plugin(error) => return error.into(),
            SpecificationError::Hooks(error) => return error.into(),
            SpecificationError::Modifiers(_) => Code::InvalidModifiers,
            SpecificationError::Policies(_) => Code::InvalidDocument,
        };
        Problem::new(code, error.to_string())
    }
}
