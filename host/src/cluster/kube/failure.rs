//! What an API server says when it does not do what it was asked for.

use crate::cluster::ClusterError;
use crate::object::{ObjectId, ResourceType};
use serde::Deserialize;
use std::time::Duration;

/// How much of an answer that is not in the server's form is shown.
const EXCERPT: usize = 200;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// As roles name it: `list`.
    pub(super) verb: &'static str,
    /// Objects of which type.
    pub(super) of: &'a ResourceType,
    /// In which namespace; none: in all, or of the cluster as a whole.
    pub(super) namespace: Option<&'a str>,
    /// Which object; none: all.
    pub(super) name: Option<&'a str>,
}

/// An answer of the server that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) code: u16,
    /// What the header `Retry-After` says.
    pub(super) retry_after: Option<Duration>,
    /// What the body says.
    pub(super) status: Status,
}

/// `meta/v1 Status`, as far as it is read. Whatever is missing or of another form stays empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    message: Option<String>,
    reason: Option<String>,
    details: Option<Details>,
    metadata: Option<ListMeta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    kind: Option<String>,
    name: Option<String>,
    causes: Option<Vec<Cause>>,
    retry_after_seconds: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: Option<String>,
    field: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    r#continue: Option<String>,
}

impl Refusal {
    /// Read the body of an answer with the HTTP status `code`.
    pub(super) fn read(code: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let status = serde_json::from_slice(body).unwrap_or_else(|_| {
            let text = String::from_utf8_lossy(body);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Status {
                message: Some(text.chars().take(EXCERPT).collect()),
                ..Status::default()
            }
        });
        let in_body = status
            .details
            .as_ref()
            .and_then(|details| details.retry_after_seconds);
        let in_body = in_body
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds.into()));
        Refusal {
            code,
            retry_after: retry_after.or(in_body),
            status,
        }
    }

    /// Where the server lets a list go on that took too long: a token for the rest of it as it is now.
    pub(super) fn continuation(&self) -> Option<&str> {
        let token = self.status.metadata.as_ref()?.r#continue.as_deref();
        token.filter(|token| self.code == 410 && !token.is_empty())
    }

    /// Whether it is the object that is not there, and not its type.
    pub(super) fn says_no_such_object(&self) -> bool {
        self.code == 404 && self.reason() == "NotFound" && !self.details_name().is_empty()
    }

    /// The error for `call`, which `server` refused.
    pub(super) fn into_error(self, call: Call<'_>, server: &str) -> ClusterError {
        let id = || ObjectId {
            resource: call.of.resource.clone(),
            namespace: call.namespace.map(str::to_owned),
            name: call.name.unwrap_or_default().to_owned(),
        };
        match self.code {
            401 => ClusterError::Unauthorized {
                cluster: server.to_owned(),
                message: self.message(),
            },
            403 => self.forbidden(call, id()),
            404 => self.not_found(call, id()),
            409 if self.reason() == "AlreadyExists" => ClusterError::Exists(id()),
            // A quota that was counted at the same time by another request.
            409 if call.verb == "create" => self.busy(),
            409 => ClusterError::Conflict(id()),
            410 => ClusterError::Expired(call.of.resource.clone()),
            422 => ClusterError::Invalid {
                id: Box::new(id()),
                fields: self.fields(),
                message: self.message(),
            },
            500..=599 if call.name.is_some() && self.webhook().is_some() => ClusterError::Webhook {
                id: Box::new(id()),
                webhook: self.webhook().unwrap_or_default().to_owned(),
                message: self.message(),
            },
            429 | 500..=599 => self.busy(),
            _ if call.name.is_some() => ClusterError::Rejected {
                id: id(),
                message: self.message(),
            },
            _ => ClusterError::Answer {
                cluster: server.to_owned(),
                message: self.message(),
            },
        }
    }

    /// Admission answers 403 as well as authorization. The latter has one sentence for all its forms: `User "a" cannot
    /// list resource "secrets" in API group ""`.
    fn forbidden(self, call: Call<'_>, id: ObjectId) -> ClusterError {
        let message = self.message();
        let namespace = call.namespace.map(str::to_owned);
        if let Some(namespace) = namespace.clone().filter(|_| self.is_terminating(&message)) {
            return ClusterError::NamespaceTerminating(namespace);
        }
        if call.name.is_some() && !message.contains(" cannot ") {
            return ClusterError::Rejected { id, message };
        }
        ClusterError::Forbidden {
            verb: call.verb,
            resource: Box::new(call.of.resource.clone()),
            namespace,
            message,
        }
    }

    fn is_terminating(&self, message: &str) -> bool {
        let causes = self
            .status
            .details
            .as_ref()
            .and_then(|details| details.causes.as_ref());
        let mut reasons = causes
            .into_iter()
            .flatten()
            .filter_map(|cause| cause.reason.as_deref());
        reasons.any(|reason| reason == "NamespaceTerminating")
            || message.contains("because it is being terminated")
    }

    fn not_found(self, call: Call<'_>, id: ObjectId) -> ClusterError {
        let kind = self
            .status
            .details
            .as_ref()
            .and_then(|details| details.kind.as_deref());
        match call.namespace {
            Some(namespace) if kind == Some("namespaces") => {
                ClusterError::NamespaceNotFound(namespace.to_owned())
            }
            _ if self.says_no_such_object() => ClusterError::NotFound(id),
            _ => ClusterError::UnknownType(call.of.resource.clone()),
        }
    }

    fn busy(self) -> ClusterError {
        ClusterError::Busy {
            message: self.message(),
            retry_after: self.retry_after,
        }
    }

    /// The admission webhook that could not be called. The server answers with the status 500 and one sentence for all
    /// reasons: `Internal error occurred: failed calling webhook "deny.example.com": …`.
    fn webhook(&self) -> Option<&str> {
        let (_, after) = self
            .status
            .message
            .as_deref()?
            .split_once("failed calling webhook \"")?;
        after.split_once('"').map(|(name, _)| name)
    }

    /// The fields that the causes name, each once.
    fn fields(&self) -> Vec<String> {
        let causes = self
            .status
            .details
            .as_ref()
            .and_then(|details| details.causes.as_ref());
        let mut fields: Vec<String> = Vec::new();
        for field in causes
            .into_iter()
            .flatten()
            .filter_map(|cause| cause.field.as_ref())
        {
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        fields
    }

    fn reason(&self) -> &str {
        self.status.reason.as_deref().unwrap_or_default()
    }

    fn details_name(&self) -> &str {
        let name = self
            .status
            .details
            .as_ref()
            .and_then(|details| details.name.as_deref());
        name.unwrap_or_default()
    }

    fn message(&self) -> String {
        match self.status.message.as_deref() {
            None | Some("") => format!("HTTP status {}", self.code),
            Some(message) => message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupResource;
    use crate::report::{Code, Problem};
    use rstest::rstest;
    use serde_json::{Value, json};

    fn secrets() -> ResourceType {
        ResourceType {
            resource: GroupResource::new("", "secrets"),
            version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            namespaced: true,
        }
    }

    fn error(verb: &'static str, code: u16, body: &str) -> ClusterError {
        let of = secrets();
        let name = (verb != "list").then_some("a");
        let call = Call {
            verb,
            of: &of,
            namespace: Some("shop"),
            name,
        };
        Refusal::read(code, None, body.as_bytes()).into_error(call, "https://server")
    }

    const NO_RIGHT: &str =
        r#"secrets is forbidden: User "eve" cannot list resource "secrets" in API group """#;

    #[rstest]
    #[case::no_login("list", 401, json!({"message": "Unauthorized"}), Code::Unauthorized, "https://server")]
    #[case::no_right("list", 403, json!({"message": NO_RIGHT}), Code::Forbidden, "no right to list secrets in namespace shop: secrets is")]
    #[case::no_right_to_create("create", 403, json!({"message": NO_RIGHT}), Code::Forbidden, "no right to create secrets")]
    #[case::admission("create", 403, json!({"message": "exceeded quota: small"}), Code::Rejected, "secrets shop/a was refused: exceeded")]
    #[case::terminating(
        "create", 403, json!({"message": "x", "details": {"causes": [{"reason": "NamespaceTerminating"}]}}),
        Code::NamespaceTerminating, "namespace shop is being deleted"
    )]
    #[case::no_object("get", 404, json!({"reason": "NotFound", "details": {"name": "a", "kind": "secrets"}}), Code::NotFound, "secrets shop/a")]
    #[case::no_namespace(
        "create", 404, json!({"reason": "NotFound", "details": {"name": "shop", "kind": "namespaces"}}),
        Code::NamespaceNotFound, "namespace shop does not"
    )]
    #[case::no_type("list", 404, json!("404 page not found"), Code::UnknownResourceType, "secrets")]
    #[case::exists("create", 409, json!({"reason": "AlreadyExists"}), Code::AlreadyExists, "secrets shop/a exists")]
    #[case::changed("update", 409, json!({"reason": "Conflict"}), Code::Conflict, "has changed")]
    #[case::quota_conflict("create", 409, json!({"reason": "Conflict", "message": "on resourcequotas"}), Code::ClusterBusy, "quotas")]
    #[case::expired("list", 410, json!({"reason": "Expired"}), Code::ListExpired, "secrets")]
    #[case::too_large("create", 413, json!("too big"), Code::Rejected, "too big")]
    #[case::invalid("update", 422, json!({"message": "field is immutable"}), Code::InvalidObject, "secrets shop/a is not valid: field")]
    #[case::throttled("list", 429, json!({"message": "slow down"}), Code::ClusterBusy, "slow down")]
    #[case::broken("create", 500, json!({"message": "etcd"}), Code::ClusterBusy, "etcd")]
    #[case::webhook(
        "create", 500, json!({"message": "Internal error occurred: failed calling webhook \"deny.example.com\": no endpoints"}),
        Code::WebhookUnreachable, "secrets shop/a was refused because its admission webhook 'deny.example.com' cannot be called"
    )]
    #[case::empty("list", 503, json!(null), Code::ClusterBusy, "HTTP status 503")]
    #[case::no_kubernetes("list", 302, json!("moved"), Code::ClusterAnswer, "moved")]
    fn answers_are_told_apart(
        #[case] verb: &'static str,
        #[case] code: u16,
        #[case] body: Value,
        #[case] expected: Code,
        #[case] message: &str,
    ) {
        let body = match body {
            Value::String(text) => text,
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let problem = Problem::from(error(verb, code, &body));
        assert_eq!(problem.code, expected, "{problem}");
        assert!(problem.message.contains(message), "{problem}");
    }

    #[test]
    fn the_fields_that_are_not_valid_are_named_once() {
        let causes =
            json!([{"field": "spec.template"}, {"field": "spec.selector"}, {"field": "spec.template"}, {}]);
        let body = json!({"message": "no", "details": {"causes": causes}}).to_string();
        let ClusterError::Invalid { fields, .. } = error("update", 422, &body) else {
            panic!()
        };
        assert_eq!(fields, ["spec.template", "spec.selector"]);
    }

    #[rstest]
    #[case::header(Some(Duration::from_secs(3)), "{}", Some(3))]
    #[case::body(None, r#"{"details": {"retryAfterSeconds": 7}}"#, Some(7))]
    #[case::zero(None, r#"{"details": {"retryAfterSeconds": 0}}"#, None)]
    #[case::nothing(None, "", None)]
    fn the_server_says_when_to_come_again(
        #[case] header: Option<Duration>,
        #[case] body: &str,
        #[case] expected: Option<u64>,
    ) {
        let of = secrets();
        let call = Call {
            verb: "list",
            of: &of,
            namespace: None,
            name: None,
        };
        let error = Refusal::read(429, header, body.as_bytes()).into_error(call, "server");
        assert!(error.is_retryable());
        assert_eq!(error.retry_after(), expected.map(Duration::from_secs));
    }

    #[rstest]
    #[case::given(410, r#"{"metadata": {"continue": "abc"}}"#, Some("abc"))]
    #[case::none(410, r#"{"metadata": {}}"#, None)]
    #[case::empty(410, r#"{"metadata": {"continue": ""}}"#, None)]
    #[case::another_status(200, r#"{"metadata": {"continue": "abc"}}"#, None)]
    fn an_expired_list_may_go_on(#[case] code: u16, #[case] body: &str, #[case] expected: Option<&str>) {
        assert_eq!(
            Refusal::read(code, None, body.as_bytes()).continuation(),
            expected
        );
    }

    #[rstest]
    #[case(b"\xff\xfe<html>")]
    #[case(b"[1]")]
    #[case(br#"{"details": 7, "message": []}"#)]
    fn whatever_stands_in_a_body_gives_an_error(#[case] body: &[u8]) {
        let of = secrets();
        let call = Call {
            verb: "list",
            of: &of,
            namespace: None,
            name: None,
        };
        assert!(
            Refusal::read(500, None, body)
                .into_error(call, "server")
                .is_retryable()
        );
    }
}
