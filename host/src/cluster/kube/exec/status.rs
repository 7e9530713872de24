//! How a command ended: a `Status` of the API, as the node writes it to the status channel.

use super::ExecError;
use serde::Deserialize;

/// `meta/v1 Status`, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    status: String,
    message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    causes: Vec<Cause>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    message: String,
}

/// The exit code; 128 + n where signal n ended the command, which is what container runtimes make of it.
pub(super) fn exit_code(json: &[u8]) -> Result<i32, ExecError> {
    let status: Status = serde_json::from_slice(json)
        .map_err(|error| ExecError::Broken(format!("how the command ended cannot be read: {error}")))?;
    match (status.status.as_str(), status.reason.as_str()) {
        ("Success", _) => Ok(0),
        (_, "NonZeroExitCode") => code(&status),
        _ => Err(ExecError::Runtime(match status.message.as_str() {
            "" => "the node says that the command failed, and not why".to_owned(),
            message => message.to_owned(),
        })),
    }
}

fn code(status: &Status) -> Result<i32, ExecError> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let code = causes
        .filter(|cause| cause.reason == "ExitCode")
        .find_map(|cause| cause.message.parse().ok());
    code.ok_or_else(|| {
        let message = "the command failed, and the node does not say with which exit code";
        ExecError::Runtime(message.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::success(r#"{"metadata":{},"status":"Success"}"#, Ok(0))]
    #[case::exit_code(
        r#"{"status":"Failure","message":"command terminated with non-zero exit code: exit status 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#,
        Ok(3)
    )]
    #[case::signal(
        r#"{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"Other","message":"1"},{"reason":"ExitCode","message":"137"}]}}"#,
        Ok(137)
    )]
    #[case::no_code(
        r#"{"status":"Failure","reason":"NonZeroExitCode"}"#,
        Err("with which exit code")
    )]
    #[case::odd_code(
        r#"{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"many"}]}}"#,
        Err("with which exit code")
    )]
    #[case::not_started(
        r#"{"status":"Failure","message":"executable file not found in $PATH","reason":"InternalError"}"#,
        Err("executable file not found")
    )]
    #[case::silent(r#"{"status":"Failure"}"#, Err("not why"))]
    #[case::nothing("{}", Err("not why"))]
    #[case::no_json("gone", Err("cannot be read"))]
    #[case::odd(r#"{"status":7}"#, Err("cannot be read"))]
    fn the_node_says_how_a_command_ended(#[case] json: &str, #[case] expected: Result<i32, &str>) {
        match (exit_code(json.as_bytes()), expected) {
            (Ok(code), Ok(expected)) => assert_eq!(code, expected),
            (Err(error), Err(message)) => assert!(error.to_string().contains(message), "{error}"),
            (result, expected) => panic!("{result:?} instead of {expected:?}"),
        }
    }
}
