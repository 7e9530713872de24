//! Addresses of clusters on the command line.

use super::{Cluster, ClusterError, Manifests};
use std::path::Path;
use std::sync::Arc;

/// Open the cluster at `address`: `dir:PATH`, a folder of manifests. With `create`, a folder that is not there counts as
/// an empty one, and is made by the first object that is written.
pub fn open(address: &str, create: bool) -> Result<Arc<dyn Cluster>, ClusterError> {
    let Some(path) = address.strip_prefix("dir:").filter(|path| !path.is_empty()) else {
        let hint = match Path::new(address).is_dir() {
            true => format!("; did you mean 'dir:{address}'?"),
            false => "; expected 'dir:' and the path of a folder of manifests".to_owned(),
        };
        return Err(ClusterError::Unusable(format!(
            "'{address}' is not the address of a cluster{hint}"
        )));
    };
    let path = Path::new(path);
    let manifests = if create {
        Manifests::open_or_create(path)?
    } else {
        Manifests::open(path)?
    };
    Ok(Arc::new(manifests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "expected 'dir:'")]
    #[case("dir:", "expected 'dir:'")]
    #[case("kubeconfig", "expected 'dir:'")]
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
