//! What plugins ask, as a plan keeps it.

use crate::object::{GroupResource, ObjectId};
use serde::{Deserialize, Serialize};

/// What a plugin asks. In the order of questions a record of them is the same whenever it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "ask")]
pub enum LookUp {
    /// For one object.
    Get {
        /// Its type, namespace and name.
        id: ObjectId,
    },
    /// For the objects of a type.
    List {
        /// The type.
        resource: GroupResource,
        /// Only of this namespace.
        namespace: Option<String>,
        /// Only those that it fits.
        label_selector: String,
    },
}

impl std::fmt::Display for LookUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LookUp::Get { id } => write!(f, "{id}"),
            LookUp::List {
                resource,
                namespace,
                label_selector,
            } => {
                write!(f, "the list of {resource}")?;
                if let Some(namespace) = namespace {
                    write!(f, " in namespace {namespace}")?;
                }
                match label_selector.is_empty() {
                    true => Ok(()),
                    false => write!(f, " with the labels {label_selector}"),
                }
            }
        }
    }
}

/// A question that was asked, and a digest of its answer: what a plan keeps, without a value of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// The question.
    pub question: LookUp,
    /// SHA-256 of the answer, in hexadecimal, keyed by the secret of the plan.
    pub digest: String,
}
