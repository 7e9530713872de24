//! Credentials from a program that the kubeconfig names, as kubelogin for users of Entra is one.
//!
//! The protocol is `client.authentication.k8s.io` (`ExecCredential`): the program gets a request in the environment
//! variable `KUBERNETES_EXEC_INFO` and prints a token or a certificate, with the time until which it holds.

use crate::object::yaml;
use jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// What a program gave.
#[derive(Clone)]
pub(super) struct Credential {
    /// A bearer token.
    pub(super) token: Option<String>,
    /// A certificate and its key, in PEM.
    pub(super) certificate: Option<(String, String)>,
    /// Until when it holds; none: until the server refuses it.
    pub(super) expires_at: Option<Timestamp>,
}

/// Programs that kubeconfigs name, and how one gets them.
const PROGRAMS: [(&str, &str); 4] = [
    (
        "kubelogin",
        "'az aks install-cli' installs it, and https://azure.github.io/kubelogin says more",
    ),
    ("aws", "it is the AWS CLI"),
    (
        "aws-iam-authenticator",
        "see https://github.com/kubernetes-sigs/aws-iam-authenticator",
    ),
    (
        "gke-gcloud-auth-plugin",
        "'gcloud components install gke-gcloud-auth-plugin' installs it",
    ),
];

/// Run the program and read what it prints. Takes as long as the program does, which may wait for a person. What it
/// writes to standard error is for that person and goes to ours.
pub(super) fn log_in(exec: &ExecConfig) -> Result<Credential, String> {
    let program = exec.command.as_deref().unwrap_or_default();
    let has_terminal = std::io::stdin().is_terminal();
    let output = command(program, exec, has_terminal)?
        .output()
        .map_err(|error| cannot_start(program, exec, &error))?;
    if !output.status.success() {
        return Err(format!(
            "'{program}' failed ({}); what it says stands above",
            output.status
        ));
    }
    let text =
        String::from_utf8(output.stdout).map_err(|_| format!("'{program}' printed what is no text"))?;
    read(&text).map_err(|message| format!("'{program}' printed no credential: {message}"))
}

fn command(program: &str, exec: &ExecConfig, has_terminal: bool) -> Result<Command, String> {
    if program.is_empty() {
        return Err("the kubeconfig names no program in users[].user.exec.command".to_owned());
    }
    let is_interactive = has_terminal && exec.interactive_mode != Some(ExecInteractiveMode::Never);
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) && !has_terminal {
        return Err(format!(
            "'{program}' has to ask a person, and there is no terminal; log in with it first, or use another way to log in"
        ));
    }
    let request = json!({
        "apiVersion": exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1"),
        "kind": "ExecCredential",
        "spec": { "interactive": is_interactive, "cluster": exec.cluster },
    });
    let mut command = Command::new(program);
    let variables = exec.env.iter().flatten();
    command
        .args(exec.args.iter().flatten())
        .envs(variables.filter_map(|pair| Some((pair.get("name")?, pair.get("value")?))))
        .env("KUBERNETES_EXEC_INFO", request.to_string())
        .stdin(if is_interactive {
            Stdio::inherit()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    Ok(command)
}

fn cannot_start(program: &str, exec: &ExecConfig, error: &std::io::Error) -> String {
    if error.kind() != std::io::ErrorKind::NotFound {
        return format!("'{program}', which the kubeconfig names to log in, cannot be started: {error}");
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let known = PROGRAMS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, hint)| *hint);
    let hint = exec
        .install_hint
        .as_deref()
        .map(str::trim)
        .filter(|hint| !hint.is_empty())
        .or(known);
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("'{program}', which the kubeconfig names to log in, is not installed{hint}")
}

/// Read an `ExecCredential`. Errors never show what stands in it.
fn read(text: &str) -> Result<Credential, String> {
    let answer: Value = match serde_json::from_str(text) {
        Ok(answer) => answer,
        // Some programs print YAML, which kubectl takes as well.
        Err(_) => yaml::parse(text).map_err(|error| format!("line {}: neither JSON nor YAML", error.line))?,
    };
    let member = |name: &str| {
        let value = answer.pointer(&format!("/status/{name}")).and_then(Value::as_str);
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let certificate = member("clientCertificateData").zip(member("clientKeyData"));
    let token = member("token");
    if token.is_none() && certificate.is_none() {
        return Err("status.token is missing, and so is a certificate".to_owned());
    }
    let expires_at = member("expirationTimestamp")
        .map(|time| time.parse())
        .transpose()
        .map_err(|error| format!("status.expirationTimestamp: {error}"))?;
    Ok(Credential {
        token,
        certificate,
        expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::HashMap;

    fn shell(script: &str) -> ExecConfig {
        ExecConfig {
            command: Some("/bin/sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            interactive_mode: Some(ExecInteractiveMode::Never),
            ..ExecConfig::default()
        }
    }

    #[rstest]
    #[case::json(r#"{"status": {"token": "t", "expirationTimestamp": "2030-01-01T00:00:00Z"}}"#)]
    #[case::yaml("status:\n  token: t\n  expirationTimestamp: \"2030-01-01T00:00:00Z\"\n")]
    fn a_token_is_read(#[case] text: &str) {
        let credential = read(text).unwrap();
        assert_eq!(credential.token.as_deref(), Some("t"));
        assert_eq!(
            credential.expires_at,
            Some("2030-01-01T00:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn a_certificate_is_read() {
        let credential = read(r#"{"status": {"clientCertificateData": "c", "clientKeyData": "k"}}"#).unwrap();
        assert_eq!(credential.certificate, Some(("c".to_owned(), "k".to_owned())));
        assert_eq!(credential.expires_at, None);
    }

    #[rstest]
    #[case::nothing("{}", "status.token is missing")]
    #[case::half_a_certificate(r#"{"status": {"clientCertificateData": "c"}}"#, "status.token is missing")]
    #[case::no_time(
        r#"{"status": {"token": "hidden", "expirationTimestamp": "soon"}}"#,
        "status.expirationTimestamp"
    )]
    #[case::no_data("token: [hidden", "neither JSON nor YAML")]
    fn what_is_no_credential_says_so_and_shows_nothing(#[case] text: &str, #[case] message: &str) {
        let error = read(text).err().unwrap();
        assert!(error.contains(message) && !error.contains("hidden"), "{error}");
    }

    #[test]
    fn the_program_gets_its_arguments_variables_and_request() {
        let script = r#"[ "$EXTRA" = x ] && case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) echo "{\"status\":{\"token\":\"$1\"}}";; esac"#;
        let mut exec = shell(script);
        exec.args
            .as_mut()
            .unwrap()
            .extend(["sh".to_owned(), "given".to_owned()]);
        exec.env = Some(vec![HashMap::from([
            ("name".to_owned(), "EXTRA".to_owned()),
            ("value".to_owned(), "x".to_owned()),
        ])]);
        assert_eq!(log_in(&exec).unwrap().token.as_deref(), Some("given"));
    }

    #[rstest]
    #[case::fails(shell("exit 3"), "'/bin/sh' failed (exit status: 3)")]
    #[case::no_program(ExecConfig::default(), "names no program")]
    #[case::kubelogin(
        ExecConfig { command: Some("/no/such/kubelogin".to_owned()), ..ExecConfig::default() },
        "is not installed; 'az aks install-cli' installs it"
    )]
    #[case::hint(
        ExecConfig { command: Some("/no/x".to_owned()), install_hint: Some("ask Ann\n".to_owned()), ..ExecConfig::default() },
        "'/no/x', which the kubeconfig names to log in, is not installed; ask Ann"
    )]
    fn a_program_that_gives_nothing_is_named(#[case] exec: ExecConfig, #[case] message: &str) {
        let error = log_in(&exec).err().unwrap();
        assert!(error.contains(message), "{error}");
    }

    #[rstest]
    #[case::must_ask(Some(ExecInteractiveMode::Always), false, None)]
    #[case::may_ask(Some(ExecInteractiveMode::IfAvailable), false, Some(false))]
    #[case::can_ask(Some(ExecInteractiveMode::Always), true, Some(true))]
    #[case::must_not_ask(Some(ExecInteractiveMode::Never), true, Some(false))]
    fn a_program_is_told_whether_it_can_ask(
        #[case] mode: Option<ExecInteractiveMode>,
        #[case] has_terminal: bool,
        #[case] expected: Option<bool>,
    ) {
        let exec = ExecConfig {
            interactive_mode: mode,
            ..shell("true")
        };
        let told = command("/bin/sh", &exec, has_terminal).ok().map(|command| {
            let request = command
                .get_envs()
                .find(|(name, _)| *name == "KUBERNETES_EXEC_INFO")
                .unwrap()
                .1
                .unwrap();
            let request: Value = serde_json::from_str(request.to_str().unwrap()).unwrap();
            request["spec"]["interactive"].as_bool().unwrap()
        });
        assert_eq!(told, expected);
    }
}
