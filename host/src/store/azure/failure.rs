//! What a request to Azure failed of: found out once, here, from what the service, the network or an identity said.

use crate::report::Code;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::StatusCode;
use azure_core::http::headers::HeaderName;
use azure_core::time::{OffsetDateTime, parse_rfc7231};
use azure_storage_blob::StorageError;
use std::error::Error as _;
use std::fmt;

/// Signatures and tokens hold for a time, and Azure tolerates clocks that differ by less.
const TOLERATED_SKEW_SECONDS: i64 = 15 * 60;

/// What a request is allowed to do only with the fitting role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Read a blob or its properties.
    Read,
    /// List blobs.
    List,
    /// Write a blob that is not there.
    Write,
    /// Write a blob that cannot be changed for a time.
    WriteImmutable,
    /// Delete a blob.
    Delete,
    /// Bring a deleted blob back.
    Undelete,
}

impl Need {
    /// What allows it: a role of an identity, or a letter of a signature.
    pub(super) fn allowed_by(self) -> (&'static str, &'static str) {
        match self {
            Need::Read => ("Storage Blob Data Reader", "r (read)"),
            Need::List => ("Storage Blob Data Reader", "l (list)"),
            Need::Write => ("Storage Blob Data Contributor", "w (write)"),
            Need::WriteImmutable => ("Storage Blob Data Owner", "w and i (write, set immutability)"),
            Need::Delete => ("Storage Blob Data Contributor", "d (delete)"),
            Need::Undelete => ("Storage Blob Data Contributor", "w (write)"),
        }
    }

    /// As a verb of people.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Need::Read => "read",
            Need::List => "list",
            Need::Write => "write",
            Need::WriteImmutable => "write what cannot be changed",
            Need::Delete => "delete",
            Need::Undelete => "undelete",
        }
    }
}

/// What a request failed of.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no such blob.
    NoBlob,
    /// A blob is there already, or was changed meanwhile.
    Exists,
    /// The blob is shorter than where the range begins.
    Range,
    /// The blocks of an upload are not all there.
    NoBlocks,
    /// A policy or a hold keeps the blob as it is.
    Immutable,
    /// Anything else.
    Other {
        /// Its kind.
        code: Code,
        /// What happened; without secrets.
        message: String,
        /// Whether the same request may succeed in a moment.
        passing: bool,
    },
}

/// What happened, for people.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::NoBlob => "there is no such blob",
            Failure::Exists => "the blob is there already",
            Failure::Range => "the blob is shorter than expected",
            Failure::NoBlocks => "the store lost blocks of the upload",
            Failure::Immutable => "the blob cannot be changed or deleted",
            Failure::Other { message, .. } => message,
        })
    }
}

impl Failure {
    /// An answer that is not what was asked for, which a new request may mend.
    pub(super) fn answer(message: impl Into<String>) -> Failure {
        Failure::Other {
            code: Code::StoreUnavailable,
            message: message.into(),
            passing: true,
        }
    }

    /// What `error` means for a request that needs `need`.
    pub(super) fn of(error: Error, need: Need) -> Failure {
        match error.kind() {
            ErrorKind::HttpResponse { status, .. } => {
                let status = *status;
                of_answer(error, status, need)
            }
            ErrorKind::Credential => of_identity(&error),
            _ => of_network(&error),
        }
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Failure::Other { passing: true, .. })
    }
}

/// What the service said.
fn of_answer(error: Error, status: StatusCode, need: Need) -> Failure {
    if let Some(skew) = clock_skew(&error).filter(|_| is_refusal(status)) {
        return other(Code::ClockSkew, skew);
    }
    let answer = StorageError::try_from(error).ok();
    let code = answer
        .as_ref()
        .and_then(|answer| answer.error_code.as_ref())
        .map(|code| code.as_ref().to_owned())
        .unwrap_or_default();
    let said = answer.as_ref().map(said).unwrap_or_default();
    match (u16::from(status), code.as_str()) {
        (_, "BlobNotFound") => Failure::NoBlob,
        (_, "BlobAlreadyExists" | "UnauthorizedBlobOverwrite") => Failure::Exists,
        (_, "BlobImmutableDueToPolicy" | "BlobImmutableDueToLegalHold") => Failure::Immutable,
        (_, "InvalidRange") => Failure::Range,
        (_, "InvalidBlockList" | "InvalidBlobOrBlock") => Failure::NoBlocks,
        (_, "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled") => other(
            Code::StoreContainerMissing,
            format!("there is no such container ({code})"),
        ),
        (_, "AuthorizationPermissionMismatch" | "InsufficientAccountPermissions") => {
            missing_role(&code, need)
        }
        (_, "AuthorizationFailure" | "IpAuthorizationError" | "NetworkAclsViolated") => other(
            Code::StoreNetworkRules,
            format!("the account refuses this machine or this kind of access ({code})"),
        ),
        (_, "KeyBasedAuthenticationNotPermitted") => other(
            Code::StoreCredentialRefused,
            "the account takes no shared access signatures that were made with its key, only identities"
                .to_owned(),
        ),
        (401 | 403, _) => other(
            Code::StoreCredentialRefused,
            format!("the credential was refused{said}"),
        ),
        (412, _) => Failure::Exists,
        (408 | 429 | 500 | 502 | 503 | 504, _) => Failure::Other {
            code: Code::StoreUnavailable,
            message: format!("the store answered {status}{said}"),
            passing: true,
        },
        _ => other(Code::StoreRefused, format!("the store answered {status}{said}")),
    }
}

fn missing_role(code: &str, need: Need) -> Failure {
    let (role, letter) = need.allowed_by();
    other(
        Code::StoreRoleMissing,
        format!(
            "the credential may not {} here ({code}): an identity needs the role '{role}' on the container, a shared \
             access signature the permission {letter}",
            need.verb()
        ),
    )
}

/// The code and the message of an answer, in parentheses; without what it repeats of the request.
fn said(answer: &StorageError) -> String {
    let code = answer.error_code.as_ref().map(ToString::to_string);
    let message = answer
        .message
        .as_deref()
        .and_then(|message| message.lines().next());
    let detail = answer.authentication_error_detail.as_deref();
    let parts: Vec<&str> = [code.as_deref(), message, detail].into_iter().flatten().collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" ({})", redact(&parts.join("; "))),
    }
}

/// How far this machine's clock is from the one of the store that answered, when that is too far.
fn clock_skew(error: &Error) -> Option<String> {
    let difference = (OffsetDateTime::now_utc() - answered_at(error)?).whole_seconds();
    if difference.abs() <= TOLERATED_SKEW_SECONDS {
        return None;
    }
    let direction = if difference > 0 { "ahead of" } else { "behind" };
    Some(format!(
        "the clock of this machine is {} minutes {direction} the store's, so that signatures and tokens do not hold",
        difference.abs() / 60
    ))
}

/// The time on the store's clock when it answered.
pub(super) fn answered_at(error: &Error) -> Option<OffsetDateTime> {
    let ErrorKind::HttpResponse {
        raw_response: Some(answer),
        ..
    } = error.kind()
    else {
        return None;
    };
    let date = answer
        .headers()
        .get_optional_str(&HeaderName::from_static("date"))?;
    parse_rfc7231(date).ok()
}

fn is_refusal(status: StatusCode) -> bool {
    matches!(u16::from(status), 401 | 403)
}

/// What whoever was to give a token said.
fn of_identity(error: &Error) -> Failure {
    let inner = chain(error).find_map(|cause| cause.downcast_ref::<Error>().map(Error::kind));
    let message = redact(&first_line(error));
    match inner {
        Some(ErrorKind::Connection | ErrorKind::Io) => Failure::Other {
            code: Code::StoreIdentity,
            message: format!("no token can be had: {message}: {}", last_cause(error)),
            passing: false,
        },
        _ => other(Code::StoreIdentity, format!("no token can be had: {message}")),
    }
}

/// What the network said. The causes at the top repeat the URL, which may hold a signature: the last one does not.
fn of_network(error: &Error) -> Failure {
    let cause = redact(&last_cause(error));
    let code = match error.kind() {
        ErrorKind::Connection => Code::StoreUnreachable,
        ErrorKind::Io => Code::StoreUnavailable,
        ErrorKind::DataConversion => return Failure::answer(format!("the answer cannot be read: {cause}")),
        _ => return other(Code::StoreRefused, cause),
    };
    Failure::Other {
        code,
        message: match code {
            Code::StoreUnreachable => format!("no connection: {cause}"),
            _ => format!("the connection broke: {cause}"),
        },
        passing: true,
    }
}

fn other(code: Code, message: String) -> Failure {
    Failure::Other {
        code,
        message,
        passing: false,
    }
}

fn chain(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn std::error::Error + 'static)| {
        (*cause).source()
    })
}

fn last_cause(error: &Error) -> String {
    chain(error)
        .last()
        .map_or_else(|| first_line(error), ToString::to_string)
}

fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A text without the values that make a signature or a token.
pub(super) fn redact(text: &str) -> String {
    const SECRET: [&str; 4] = ["sig=", "Bearer ", "client_secret=", "client_assertion="];
    let mut clean = text.to_owned();
    for secret in SECRET {
        let mut from = 0;
        while let Some(found) = clean.get(from..).and_then(|rest| rest.find(secret)) {
            let start = from + found + secret.len();
            let rest = clean.get(start..).unwrap_or_default();
            let end = rest
                .find(|c: char| c == '&' || c == '"' || c == '\'' || c == ')' || c.is_whitespace())
                .map_or(clean.len(), |length| start + length);
            clean.replace_range(start..end, "REDACTED");
            from = start;
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::http::RawResponse;
    use azure_core::http::headers::Headers;
    use azure_core::time::{Duration, to_rfc7231};
    use rstest::rstest;

    fn answer(status: u16, code: &'static str, message: &str, date: OffsetDateTime) -> Error {
        let mut headers = Headers::new();
        headers.insert("x-ms-error-code", code);
        headers.insert("date", to_rfc7231(&date));
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let status = StatusCode::from(status);
        let raw = RawResponse::from_bytes(status, headers, body);
        let kind = ErrorKind::HttpResponse {
            status,
            error_code: Some(code.to_owned()),
            raw_response: Some(Box::new(raw)),
        };
        Error::with_message(kind, "failed")
    }

    fn code_of(failure: &Failure) -> Option<Code> {
        match failure {
            Failure::Other { code, .. } => Some(*code),
            _ => None,
        }
    }

    #[rstest]
    #[case(404, "ContainerNotFound", Code::StoreContainerMissing)]
    #[case(403, "AuthorizationPermissionMismatch", Code::StoreRoleMissing)]
    #[case(403, "AuthorizationFailure", Code::StoreNetworkRules)]
    #[case(403, "AuthenticationFailed", Code::StoreCredentialRefused)]
    #[case(401, "InvalidAuthenticationInfo", Code::StoreCredentialRefused)]
    #[case(409, "KeyBasedAuthenticationNotPermitted", Code::StoreCredentialRefused)]
    #[case(503, "ServerBusy", Code::StoreUnavailable)]
    #[case(500, "InternalError", Code::StoreUnavailable)]
    #[case(400, "InvalidHeaderValue", Code::StoreRefused)]
    fn each_refusal_has_its_code(#[case] status: u16, #[case] said: &'static str, #[case] code: Code) {
        let failure = Failure::of(answer(status, said, "", OffsetDateTime::now_utc()), Need::Write);
        assert_eq!(code_of(&failure), Some(code), "{failure:?}");
        assert_eq!(failure.is_passing(), status >= 500, "{failure:?}");
    }

    #[rstest]
    #[case(409, "BlobAlreadyExists", "Exists")]
    #[case(412, "ConditionNotMet", "Exists")]
    #[case(409, "BlobImmutableDueToPolicy", "Immutable")]
    #[case(416, "InvalidRange", "Range")]
    #[case(404, "BlobNotFound", "NoBlob")]
    #[case(400, "InvalidBlockList", "NoBlocks")]
    fn what_a_store_may_answer_is_no_error(
        #[case] status: u16,
        #[case] said: &'static str,
        #[case] expected: &str,
    ) {
        let failure = Failure::of(answer(status, said, "", OffsetDateTime::now_utc()), Need::Write);
        assert_eq!(format!("{failure:?}"), expected);
    }

    #[rstest]
    #[case::behind(Duration::hours(2), "120 minutes behind")]
    #[case::ahead(-Duration::hours(1), "60 minutes ahead of")]
    fn a_clock_that_is_wrong_is_what_a_refusal_is_about(#[case] off: Duration, #[case] expected: &str) {
        let error = answer(403, "AuthenticationFailed", "", OffsetDateTime::now_utc() + off);
        let failure = Failure::of(error, Need::Read);
        assert_eq!(code_of(&failure), Some(Code::ClockSkew));
        // The clock runs on while the test does.
        let message = format!("{failure:?}")
            .replace("59 minutes", "60 minutes")
            .replace("119 minutes", "120 minutes");
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_missing_role_is_named_with_the_permission_of_a_signature() {
        let error = answer(
            403,
            "AuthorizationPermissionMismatch",
            "",
            OffsetDateTime::now_utc(),
        );
        let message = format!("{:?}", Failure::of(error, Need::Delete));
        assert!(
            message.contains("Storage Blob Data Contributor") && message.contains("d (delete)"),
            "{message}"
        );
    }

    #[rstest]
    #[case(
        "https://host/c?sv=1&sig=c2VjcmV0&se=2 failed",
        "https://host/c?sv=1&sig=REDACTED&se=2 failed"
    )]
    #[case("Authorization: Bearer abc.def.ghi", "Authorization: Bearer REDACTED")]
    #[case("sig=a sig=b", "sig=REDACTED sig=REDACTED")]
    #[case("nothing", "nothing")]
    fn secrets_are_taken_out_of_texts(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(redact(text), expected);
    }
}
