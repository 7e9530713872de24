//! A published installation beyond the corpus: a GitOps controller whose largest definition has more than 1 MB.

use crate::harness::Workplace;
use crate::velero::assert_has;
use lazarette_tests::cluster;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Go module that it is published in, with its manifests.
const MODULE: &str = "github.com/argoproj/argo-cd/v3@v3.5.7";

/// The folder of a Go module, which is fetched once into Go's own cache; or why it cannot be had.
fn module(folder: &Path) -> Result<PathBuf, String> {
    let fetched = Command::new("go")
        .args(["mod", "download", "-json", MODULE])
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_slice(&fetched.stdout).map_err(|error| error.to_string())?;
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    text("Dir")
        .map(PathBuf::from)
        .ok_or(text("Error").unwrap_or_default())
}

#[test]
fn a_git_ops_controller_with_definitions_of_a_megabyte_comes_back_in_another_cluster() {
    let mut workplace = Workplace::empty();
    std::fs::create_dir(workplace.path("module")).unwrap();
    let manifests = match module(&workplace.path("module")) {
        Ok(module) => std::fs::read_to_string(module.join("manifests/install.yaml")).unwrap(),
        Err(why) => return eprintln!("left out: {MODULE} cannot be fetched: {why}"),
    };
    let (from, to) = (cluster::first(), cluster::second());
    // Its namespaced objects name no namespace.
    let namespace = from.namespace("argocd");
    from.kubectl_with(
        &["apply", "--server-side", "-n", &namespace, "-f", "-"],
        &manifests,
    );
    workplace.go_to(from.kubeconfig());
    let filters = [
        "--include-namespaces",
        &namespace,
        "--include-cluster-resources",
        "true",
    ];
    workplace.done(&[&["backup", "create", "argocd"][..], &filters].concat());

    workplace.go_to(to.kubeconfig());
    let restored = workplace.json(&["restore", "create", "argocd"]);
    let totals = &restored["totals"];
    assert_eq!(
        (totals["failed"].as_u64(), totals["leftOut"].as_u64()),
        (Some(0), Some(0)),
        "{totals}"
    );
    workplace.write("published/install.yaml", &manifests);
    assert_has(to, &workplace.path("published"), Some(&namespace));
}
