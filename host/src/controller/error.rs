//! What ends the controller, or a pass over a resource.

use crate::report::{Code, Problem};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// The API server refused something, or did not answer.
    #[error("the API server: {0}")]
    Api(#[from] kube::Error),
    /// The cluster of the controller cannot be found out.
    #[error("the cluster of the controller: {0}")]
    Config(#[from] kube::config::InferConfigError),
    /// Somebody else holds the lease now.
    #[error("the lease {0} was lost: another replica works now")]
    LeaseLost(String),
    /// A call of the library failed.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<ControllerError> for Problem {
    fn from(error: ControllerError) -> Self {
        let code = match &error {
            ControllerError::Problem(problem) => return problem.clone(),
            ControllerError::Api(kube::Error::Api(status)) if status.code == 403 => Code::Forbidden,
            ControllerError::Api(kube::Error::Api(status)) if status.code == 404 => Code::NotFound,
            ControllerError::Api(_) => Code::ClusterUnreachable,
            ControllerError::Config(_) => Code::Credentials,
            ControllerError::LeaseLost(_) => Code::Conflict,
        };
        Problem::new(code, error.to_string())
    }
}
