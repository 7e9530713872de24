//! What stands on a pod about its hooks, so that a restore that is run again after it was interrupted knows which may have
//! run: an annotation, written before a hook runs its first command.

use serde_json::{Map, Value, json};

/// The annotation: JSON with the name of the restore and how far each hook came.
const ANNOTATION: &str = "lazarette.io/restore-hooks";

/// How far the hooks of a pod came in one restore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    started: Vec<String>,
    done: Vec<String>,
}

/// How far a hook came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It ran nothing.
    Not,
    /// It may have run something, and how it ended is not known.
    Started,
    /// It ended.
    Done,
}

impl Mark {
    /// What stands on `pod` about the restore `restore`: nothing that others wrote.
    pub(super) fn read(pod: &Value, restore: &str) -> Self {
        let annotation = pod
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get(ANNOTATION)?.as_str());
        let read: Value = annotation
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        if read.get("restore").and_then(Value::as_str) != Some(restore) {
            return Mark::default();
        }
        let list = |member| {
            let hooks = read.get(member).and_then(Value::as_array).into_iter().flatten();
            hooks.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Mark {
            started: list("started"),
            done: list("done"),
        }
    }

    /// How far `hook` came.
    pub(super) fn progress(&self, hook: &str) -> Progress {
        let is_in = |hooks: &[String]| hooks.iter().any(|known| known == hook);
        match (is_in(&self.done), is_in(&self.started)) {
            (true, _) => Progress::Done,
            (false, true) => Progress::Started,
            (false, false) => Progress::Not,
        }
    }

    /// `hook` is about to run. Whether that is news.
    pub(super) fn start(&mut self, hook: &str) -> bool {
        let is_new = !self.started.iter().any(|known| known == hook);
        if is_new {
            self.started.push(hook.to_owned());
        }
        let before = self.done.len();
        self.done.retain(|known| known != hook);
        is_new || self.done.len() < before
    }

    /// `hook` has ended, if it was started. Whether that is news.
    pub(super) fn end(&mut self, hook: &str) -> bool {
        let is_new = self.progress(hook) == Progress::Started;
        if is_new {
            self.done.push(hook.to_owned());
        }
        is_new
    }

    /// Put it on `pod`.
    pub(super) fn put(&self, pod: &mut Value, restore: &str) {
        let text = json!({"restore": restore, "started": self.started, "done": self.done}).to_string();
        let Some(metadata) = pod.pointer_mut("/metadata").and_then(Value::as_object_mut) else {
            return;
        };
        let annotations = metadata
            .entry("annotations")
            .or_insert_with(|| Value::Object(Map::new()));
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(ANNOTATION.to_owned(), text.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::no_annotations(json!({"metadata": {}}))]
    #[case::null(json!({"metadata": {"annotations": null}}))]
    #[case::another_restore(json!({"metadata": {"annotations": {ANNOTATION: r#"{"restore": "r0", "done": ["a", "b"]}"#}}}))]
    #[case::odd(json!({"metadata": {"annotations": {ANNOTATION: "["}}}))]
    fn what_is_put_is_read(#[case] mut pod: Value) {
        let mut mark = Mark::read(&pod, "r1");
        assert_eq!(mark, Mark::default());
        assert!(mark.start("a") && mark.start("b") && !mark.start("b"));
        assert!(mark.end("a") && !mark.end("a") && !mark.end("c"));
        mark.put(&mut pod, "r1");
        let read = Mark::read(&pod, "r1");
        let progress = ["a", "b", "c"].map(|hook| read.progress(hook));
        assert_eq!(progress, [Progress::Done, Progress::Started, Progress::Not]);
        assert_eq!(Mark::read(&pod, "r2"), Mark::default());
    }

    #[test]
    fn a_hook_that_is_run_again_has_not_ended() {
        let mut mark = Mark::default();
        mark.start("a");
        mark.end("a");
        assert!(mark.start("a"));
        assert_eq!(mark.progress("a"), Progress::Started);
    }
}
