//! Hooks in the annotations of a pod, as Velero has them. Only looked at where the user says so: whoever may write a pod
//! may then have commands run in it.

use super::document::duration;
use super::{Action, Command, Commands, Hook, HookError, OnError, PodSelection, Wait};
use crate::object::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// The side of a pod's life that its annotations are looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `pre.hook.backup.velero.io/…` and `post.hook.backup.velero.io/…`.
    Backup,
    /// `post.hook.restore.velero.io/…` and `init.hook.restore.velero.io/…`.
    Restore,
}

/// What the hook of annotations is called.
const ORIGIN: &str = "annotations";

/// The prefix that Velero had before there were two phases: it means `pre.hook.backup.velero.io`.
const OLD: &str = "hook.backup.velero.io";

/// The hook in the annotations of `pod`; none where it has none. For what they say anything about, they stand in the
/// place of all other hooks of the pod, as in Velero. A value that cannot be used is an error here: Velero drops it with
/// a line in its log.
pub fn of_annotations(pod: &Object, side: Side) -> Result<Option<Hook>, HookError> {
    let annotations = Annotations { pod };
    let commands = match side {
        Side::Backup => {
            let old = annotations.backup_command(OLD);
            Commands {
                before_backup: match annotations.backup_command("pre.hook.backup.velero.io")? {
                    Some(command) => vec![command],
                    None => old?.into_iter().collect(),
                },
                after_backup: annotations
                    .backup_command("post.hook.backup.velero.io")?
                    .into_iter()
                    .collect(),
                ..Commands::default()
            }
        }
        Side::Restore => Commands {
            init_containers: annotations.init_container()?.into_iter().collect(),
            after_restore: annotations.restore_command()?.into_iter().collect(),
            ..Commands::default()
        },
    };
    Ok((commands != Commands::default()).then(|| Hook {
        name: String::new(),
        origin: ORIGIN.to_owned(),
        selection: PodSelection::default(),
        action: Action::Commands(commands),
    }))
}

struct Annotations<'a> {
    pod: &'a Object,
}

impl Annotations<'_> {
    fn backup_command(&self, prefix: &str) -> Result<Option<Command>, HookError> {
        let Some(argv) = self.argv(&format!("{prefix}/command"))? else {
            return Ok(None);
        };
        Ok(Some(Command {
            container: self.text(&format!("{prefix}/container")),
            argv,
            on_error: self.on_error(&format!("{prefix}/on-error"))?,
            timeout: self.time(&format!("{prefix}/timeout"), Command::TIMEOUT)?,
            wait: None,
        }))
    }

    fn restore_command(&self) -> Result<Option<Command>, HookError> {
        let key = |name: &str| format!("post.hook.restore.velero.io/{name}");
        let Some(argv) = self.argv(&key("command"))? else {
            return Ok(None);
        };
        Ok(Some(Command {
            container: self.text(&key("container")),
            argv,
            on_error: self.on_error(&key("on-error"))?,
            timeout: self.time(&key("exec-timeout"), Command::TIMEOUT)?,
            wait: Some(Wait {
                timeout: self.time(&key("wait-timeout"), Wait::DEFAULT.timeout)?,
                for_ready: self.truth(&key("wait-for-ready"))?,
            }),
        }))
    }

    /// The container's command may be missing: its image has one. Velero's plugin crashes on that.
    fn init_container(&self) -> Result<Option<Value>, HookError> {
        let key = |name: &str| format!("init.hook.restore.velero.io/{name}");
        let Some(image) = self.text(&key("container-image")) else {
            return Ok(None);
        };
        let name = self.text(&key("container-name"));
        let mut container = json!({
            "name": name.unwrap_or_else(|| "lazarette-restore-init".to_owned()),
            "image": image,
        });
        if let (Some(argv), Some(fields)) = (self.argv(&key("command"))?, container.as_object_mut()) {
            fields.insert("command".to_owned(), json!(argv));
        }
        Ok(Some(container))
    }

    /// The text of an annotation; none where it is missing or empty.
    fn text(&self, key: &str) -> Option<String> {
        let annotations = self.pod.json.pointer("/metadata/annotations")?;
        let text = annotations.get(key)?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    /// A JSON list of texts, or one program without arguments.
    fn argv(&self, key: &str) -> Result<Option<Vec<String>>, HookError> {
        let Some(text) = self.text(key) else {
            return Ok(None);
        };
        if !text.starts_with('[') {
            return Ok(Some(vec![text]));
        }
        match serde_json::from_str::<Vec<String>>(&text) {
            Ok(argv) if argv.first().is_some_and(|program| !program.is_empty()) => Ok(Some(argv)),
            Ok(_) => Err(self.wrong(key, "the command is empty".to_owned())),
            Err(error) => Err(self.wrong(key, format!("expected a JSON list of texts: {error}"))),
        }
    }

    fn on_error(&self, key: &str) -> Result<OnError, HookError> {
        match self.text(key).as_deref() {
            None => Ok(OnError::default()),
            Some("Continue") => Ok(OnError::Continue),
            Some("Fail") => Ok(OnError::Fail),
            Some(other) => Err(self.wrong(key, format!("expected Continue or Fail, found '{other}'"))),
        }
    }

    fn time(&self, key: &str, default: Duration) -> Result<Duration, HookError> {
        let text = self.text(key);
        let time = text.map_or(Ok(None), |text| duration(&text));
        Ok(time
            .map_err(|message| self.wrong(key, message))?
            .unwrap_or(default))
    }

    fn truth(&self, key: &str) -> Result<bool, HookError> {
        match self.text(key).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(self.wrong(key, format!("expected true or false, found '{other}'"))),
        }
    }

    fn wrong(&self, key: &str, message: String) -> HookError {
        HookError {
            place: self.pod.id.to_string(),
            field: Some(format!("annotation {key}")),
            message,
        }
    }
}
