//! Hooks: what they reach is the pod that they were called for, and only for so long.

use super::*;
use lazarette::plugin::{ExecOutput, Facts, Moment, PluginErrorKind, Scripted, ScriptedPod};

fn moment(pod: ScriptedPod) -> Moment {
    Moment {
        phase: "before-backup".to_owned(),
        cause: None,
        facts: Arc::new(Facts::default()),
        init_containers: Arc::default(),
        pod: Arc::new(pod),
        deadline: Duration::from_millis(500),
    }
}

fn script(answers: usize) -> ScriptedPod {
    let answer = Scripted {
        container: None,
        command: vec!["dump".to_owned()],
        answer: Ok(ExecOutput {
            exit_code: 3,
            stdout: b"the answer".to_vec(),
            ..ExecOutput::default()
        }),
    };
    ScriptedPod::new(vec![answer; answers])
}

fn hook(config: Value, answers: usize) -> (Result<(), PluginErrorKind>, BTreeMap<String, String>) {
    let operation = operation();
    let plugin = configure(HOOKING, settings(config, &["pods.exec"]), &operation).unwrap();
    let moment = moment(script(answers));
    let result = host().batch(&operation).hook(&plugin, &pod(), &moment);
    (result.map_err(|error| error.kind), moment.facts.all())
}

fn code(result: Result<(), PluginErrorKind>) -> String {
    match result.unwrap_err() {
        PluginErrorKind::Failed { code, .. } => code,
        kind => kind.code().name().to_owned(),
    }
}

#[test]
fn a_command_runs_in_the_pod() {
    let (result, facts) = hook(json!({"do": "exec", "command": ["dump"]}), 1);
    result.unwrap();
    assert_eq!(facts["stdout"], "the answer");
}

#[test]
fn a_session_is_written_to_and_read_to_its_end() {
    let (result, facts) = hook(json!({"do": "session", "command": ["dump"]}), 1);
    result.unwrap();
    assert_eq!(
        (facts["answer"].as_str(), facts["exit"].as_str()),
        ("the answer", "3")
    );
}

#[test]
fn sessions_and_facts_are_bounded() {
    assert_eq!(
        code(hook(json!({"do": "open-for-ever", "command": ["dump"]}), 100).0),
        "limit"
    );
    let (result, facts) = hook(json!({"do": "keep-for-ever"}), 0);
    assert_eq!(code(result), "PluginOutput");
    assert_eq!(facts.len(), 64, "what was kept before stays");
}

#[test]
fn sleeping_ends_with_the_hook_and_computing_with_the_plugins_own_time() {
    assert_eq!(code(hook(json!({"do": "sleep"}), 0).0), "PluginDeadline");
    assert_eq!(code(hook(json!({"do": "sleep-and-loop"}), 0).0), "PluginDeadline");
}

#[test]
fn a_condition_that_there_is_not_is_an_error_of_the_call() {
    assert_eq!(
        code(hook(json!({"do": "wait", "condition": "happy"}), 0).0),
        "invalid-condition"
    );
    hook(json!({"do": "wait", "condition": "ready"}), 0).0.unwrap();
}

#[test]
fn there_is_no_pod_while_a_hook_is_configured() {
    let settings = settings(
        json!({"do": "exec-in-configure", "command": ["dump"]}),
        &["pods.exec"],
    );
    let error = configure(HOOKING, settings, &operation()).err().unwrap();
    assert_eq!(error.kind.code().name(), "PluginConfiguration");
}
