//! Who may have something run with the rights of a service account: whoever could act as it anyway.

use super::metadata;
use serde_json::{Value, json};

const NAME: &str = "lazarette-service-accounts";

/// A ValidatingAdmissionPolicy and its binding: a BackupInstance or Restore that names a service account is taken from
/// those only who may ask for a token of it, or impersonate it. So backing up and restoring gives nobody rights.
pub(super) fn policy() -> [Value; 2] {
    let account = "authorizer.group('').resource('serviceaccounts')";
    let named = ".namespace(object.metadata.namespace).name(object.spec.serviceAccountName)";
    let token = format!("{account}.subresource('token'){named}.check('create').allowed()");
    let impersonation = format!("{account}{named}.check('impersonate').allowed()");
    let unchanged = "oldObject != null && oldObject.spec == object.spec";
    let message = "'you may not act as the service account ' + object.spec.serviceAccountName + ' of the namespace ' + \
                   object.metadata.namespace + ': that takes the right to create its token (serviceaccounts/token), or to \
                   impersonate it'";
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(NAME, None),
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["lazarette.dev"],
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["backupinstances", "restores"],
            }]},
            "validations": [{
                "expression": format!("({unchanged}) || {token} || {impersonation}"),
                "messageExpression": message,
                "reason": "Forbidden",
            }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(NAME, None),
        "spec": {"policyName": NAME, "validationActions": ["Deny"]},
    });
    [policy, binding]
}
