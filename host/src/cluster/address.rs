//! Addresses of clusters on the command line.

use super::{Cluster, ClusterError, Kube, Manifests, Patience};
use crate::report::did_you_mean;
use std::path::Path;
use std::sync::Arc;

/// What is in front of the first colon of an address.
const SCHEMES: [&str; 2] = ["kubeconfig", "dir"];

/// Open the cluster at `address`: `kubeconfig`, the one of the current context; `kubeconfig:CONTEXT`; or `dir:PATH`, a
/// folder of manifests. With `create`, a folder that is not there counts as an empty one, and is made by the first
/// object that is written.
pub fn open(address: &str, create: bool) -> Result<Arc<dyn Cluster>, ClusterError> {
    let (scheme, rest) = match address.split_once(':') {
        Some((scheme, rest)) => (scheme, Some(rest)),
        None => (address, None),
    };
    match (scheme, rest) {
        ("kubeconfig", None) => Ok(Arc::new(Kube::new(None, Patience::default())?)),
        ("kubeconfig", Some(context)) if !context.is_empty() => {
            Ok(Arc::new(Kube::new(Some(context), Patience::default())?))
        }
        ("dir", Some(path)) if !path.is_empty() => folder(Path::new(path), create),
        _ => Err(ClusterError::Unusable(format!(
            "'{address}' is not the address of a cluster{}",
            hint(address, scheme)
        ))),
    }
}

fn folder(path: &Path, create: bool) -> Result<Arc<dyn Cluster>, ClusterError> {
    Ok(Arc::new(match create {
        true => Manifests::open_or_create(path)?,
        false => Manifests::open(path)?,
    }))
}

fn hint(address: &str, scheme: &str) -> String {
    let known = "; expected 'kubeconfig', 'kubeconfig:' and a context, or 'dir:' and the path of a folder of manifests";
    match Path::new(address).is_dir() {
        true => format!("; did you mean 'dir:{address}'?"),
        false => format!("{}{known}", did_you_mean(scheme, SCHEMES)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "expected 'kubeconfig'")]
    #[case("dir:", "'dir:' and the path")]
    #[case("kubeconfig:", "'kubeconfig:' and a context")]
    #[case("kubeconfg:prod", "did you mean 'kubeconfig'?")]
    #[case("/", "did you mean 'dir:/'?")]
    fn an_address_that_is_none_says_what_there_is(#[case] address: &str, #[case] message: &str) {
        let error = open(address, false).err().unwrap().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn a_folder_is_a_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("dir:{}", folder.path().display());
        assert_eq!(open(&address, false).unwrap().address(), address);
        let missing = format!("{address}/missing");
        assert!(matches!(open(&missing, false), Err(ClusterError::Io { .. })));
        assert_eq!(open(&missing, true).unwrap().address(), missing);
        assert!(
            !folder.path().join("missing").exists(),
            "a plan must leave nothing behind"
        );
    }
}
