//! Which cluster is meant: the files of kubectl, or the service account of a pod.

use crate::cluster::ClusterError;
use crate::report::did_you_mean;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{Context, Kubeconfig};
use std::path::{Path, PathBuf};

/// Where a kubeconfig is looked for, and what says that this is a pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// `KUBECONFIG`: files, separated as in `PATH`.
    pub(super) kubeconfig: Option<std::ffi::OsString>,
    /// `HOME`.
    pub(super) home: Option<PathBuf>,
    /// Whether `KUBERNETES_SERVICE_HOST` is there: every container of a pod has it.
    pub(super) is_pod: bool,
}

impl Surroundings {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        let filled = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Surroundings {
            kubeconfig: filled("KUBECONFIG"),
            home: filled("HOME").map(PathBuf::from),
            is_pod: filled("KUBERNETES_SERVICE_HOST").is_some(),
        }
    }

    /// The files to read, whether they are there or not.
    fn files(&self) -> Vec<PathBuf> {
        let named = self.kubeconfig.iter().flat_map(std::env::split_paths);
        let named: Vec<PathBuf> = named.filter(|path| !path.as_os_str().is_empty()).collect();
        match named.is_empty() {
            true => self.home.iter().map(|home| home.join(".kube/config")).collect(),
            false => named,
        }
    }
}

/// What was chosen.
#[derive(Debug)]
pub(super) enum Choice {
    /// A context of a kubeconfig.
    Context(Box<ChosenContext>),
    /// The service account of the pod that this runs in.
    ServiceAccount,
}

/// A context, and the files that it is in.
#[derive(Debug)]
pub(super) struct ChosenContext {
    pub(super) name: String,
    pub(super) user: Option<String>,
    pub(super) config: Kubeconfig,
    /// For people: `/home/ada/.kube/config`.
    pub(super) files: String,
}

/// Find the context that is called `wanted`, or the current one. Where there is no kubeconfig and this is a pod, its
/// service account is meant.
pub(super) fn choose(wanted: Option<&str>, around: &Surroundings) -> Result<Choice, ClusterError> {
    let all = around.files();
    let there: Vec<&PathBuf> = all.iter().filter(|path| path.exists()).collect();
    if there.is_empty() {
        return match wanted {
            None if around.is_pod => Ok(Choice::ServiceAccount),
            _ => Err(ClusterError::Unusable(nothing_there(&all))),
        };
    }
    let config = there.iter().try_fold(Kubeconfig::default(), |config, path| {
        let merged = read(path).and_then(|next| config.merge(next).map_err(|error| error.to_string()));
        merged.map_err(|message| ClusterError::Unusable(format!("{}: {message}", path.display())))
    })?;
    let files = there
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ");
    if wanted.is_none() && config.contexts.is_empty() && around.is_pod {
        return Ok(Choice::ServiceAccount);
    }
    let (name, context) =
        find(wanted, &config).map_err(|message| ClusterError::Unusable(format!("{files}: {message}")))?;
    let (name, user) = (name.to_owned(), context.user.clone());
    Ok(Choice::Context(Box::new(ChosenContext {
        name,
        user,
        config,
        files,
    })))
}

/// A context of its own for the user whose token lies in a file: the cluster is that of `config`.
pub(super) fn with_token_file(
    config: &kube::Config,
    token_file: &Path,
    user: &str,
) -> Result<ChosenContext, ClusterError> {
    let authorities = config.root_cert.iter().flatten();
    let pem: String = authorities
        .map(|certificate| certificate_text(certificate))
        .collect();
    let mut cluster = serde_json::json!({
        "server": config.cluster_url.to_string(),
        "tls-server-name": config.tls_server_name,
        "insecure-skip-tls-verify": config.accept_invalid_certs,
    });
    if let Some(fields) = cluster.as_object_mut().filter(|_| !pem.is_empty()) {
        fields.insert(
            "certificate-authority-data".to_owned(),
            STANDARD.encode(pem).into(),
        );
    }
    let text = serde_json::json!({
        "contexts": [{"name": user, "context": {"cluster": "cluster", "user": user}}],
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": user, "user": {"tokenFile": token_file}}],
    });
    Ok(ChosenContext {
        name: user.to_owned(),
        user: Some(user.to_owned()),
        config: serde_json::from_value(text).map_err(|error| ClusterError::Unusable(error.to_string()))?,
        files: "the controller's own configuration".to_owned(),
    })
}

/// A certificate as a text.
fn certificate_text(certificate: &[u8]) -> String {
    let body = STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

fn read(path: &Path) -> Result<Kubeconfig, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("the kubeconfig cannot be read: {error}"))?;
    // The reader takes text of two bytes a character apart, pair by pair.
    if matches!(bytes.get(..2), Some([0xFF, 0xFE] | [0xFE, 0xFF])) && bytes.len() % 2 == 1 {
        return Err("the kubeconfig is half a character too long for UTF-16".to_owned());
    }
    Kubeconfig::read_from(path).map_err(|error| format!("the kubeconfig cannot be read: {error}"))
}

/// The context `wanted` or the current one, whose cluster and user are there.
fn find<'a>(wanted: Option<&'a str>, config: &'a Kubeconfig) -> Result<(&'a str, &'a Context), String> {
    let names: Vec<&str> = config.contexts.iter().map(|named| named.name.as_str()).collect();
    let known = match names.as_slice() {
        [] => "it has none".to_owned(),
        names => format!("it has {}", names.join(", ")),
    };
    let current = config.current_context.as_deref().filter(|name| !name.is_empty());
    let name = wanted.or(current).ok_or_else(|| {
        format!("no current context is set; name one with --cluster kubeconfig:CONTEXT ({known})")
    })?;
    let context = config.contexts.iter().find(|named| named.name == name);
    let context = context.and_then(|named| named.context.as_ref()).ok_or_else(|| {
        let meant = did_you_mean(name, &names);
        format!("there is no context '{name}' ({known}){meant}")
    })?;
    if !config
        .clusters
        .iter()
        .any(|named| named.name == context.cluster && named.cluster.is_some())
    {
        return Err(format!(
            "context '{name}' is for the cluster '{}', which is not described",
            context.cluster
        ));
    }
    match &context.user {
        Some(user) if !config.auth_infos.iter().any(|named| named.name == *user) => Err(format!(
            "context '{name}' is for the user '{user}', who is not described"
        )),
        _ => Ok((name, context)),
    }
}

fn nothing_there(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let looked = match files.is_empty() {
        true => "neither KUBECONFIG nor HOME is set".to_owned(),
        false => format!("{} is not there", files.join(", ")),
    };
    format!("there is no kubeconfig: {looked}; name a cluster with --cluster kubeconfig:CONTEXT or dir:PATH")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;
    use tempfile::TempDir;

    const PROD: &str = "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters: [{name: c, cluster: {server: \
        'https://prod'}}]\nusers: [{name: u, user: {token: t}}]\ncontexts:\n- {name: prod, context: {cluster: c, user: \
        u}}\n- {name: orphan, context: {cluster: gone}}\n- {name: nobody, context: {cluster: c, user: gone}}\n";
    const TEST: &str = "clusters: [{name: d, cluster: {server: 'https://test'}}]\ncontexts: [{name: 'arn:aws:test', \
        context: {cluster: d}}]\ncurrent-context: arn:aws:test\n";

    /// Two files, one that is not there, and a home.
    fn surroundings(list: &[&str]) -> (TempDir, Surroundings) {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::create_dir_all(home.join(".kube")).unwrap();
        fs::write(home.join(".kube/config"), PROD).unwrap();
        fs::write(folder.path().join("prod"), PROD).unwrap();
        fs::write(folder.path().join("test"), TEST).unwrap();
        fs::write(folder.path().join("empty"), "").unwrap();
        fs::write(folder.path().join("broken"), "clusters: [").unwrap();
        fs::write(folder.path().join("odd"), b"\xFF\xFEa").unwrap();
        let paths = list.iter().map(|name| folder.path().join(name));
        let kubeconfig = (!list.is_empty()).then(|| std::env::join_paths(paths).unwrap());
        let surroundings = Surroundings {
            kubeconfig,
            home: Some(home),
            is_pod: false,
        };
        (folder, surroundings)
    }

    fn chosen(choice: Result<Choice, ClusterError>) -> Result<String, String> {
        match choice.map_err(|error| error.to_string())? {
            Choice::Context(context) => Ok(context.name.clone()),
            Choice::ServiceAccount => Ok("service account".to_owned()),
        }
    }

    #[rstest]
    #[case::home(&[], None, "prod")]
    #[case::first_current_wins(&["test", "prod"], None, "arn:aws:test")]
    #[case::by_name_in_any_file(&["test", "prod"], Some("prod"), "prod")]
    #[case::name_with_colons(&["prod", "test"], Some("arn:aws:test"), "arn:aws:test")]
    #[case::files_that_are_not_there(&["missing", "prod"], None, "prod")]
    fn a_context_is_found(#[case] files: &[&str], #[case] wanted: Option<&str>, #[case] expected: &str) {
        let (_folder, around) = surroundings(files);
        assert_eq!(chosen(choose(wanted, &around)).as_deref(), Ok(expected));
    }

    #[rstest]
    #[case::misspelt(&["prod"], Some("prdo"), "there is no context 'prdo' (it has prod, orphan, nobody); did you mean 'prod'?")]
    #[case::no_cluster(&["prod"], Some("orphan"), "for the cluster 'gone', which is not described")]
    #[case::no_user(&["prod"], Some("nobody"), "for the user 'gone', who is not described")]
    #[case::nothing_current(&["empty"], None, "no current context is set; name one with --cluster kubeconfig:CONTEXT (it has none)")]
    #[case::no_file(&["missing"], None, "missing is not there; name a cluster with")]
    #[case::no_yaml(&["broken"], None, "broken: the kubeconfig cannot be read")]
    #[case::half_a_character(&["odd"], None, "odd: the kubeconfig is half a character")]
    fn what_is_wrong_is_named(#[case] files: &[&str], #[case] wanted: Option<&str>, #[case] message: &str) {
        let (_folder, around) = surroundings(files);
        let error = chosen(choose(wanted, &around)).unwrap_err();
        assert!(error.contains(message), "{error}");
    }

    #[rstest]
    #[case::no_file(&["missing"], None, Ok("service account"))]
    #[case::empty_file(&["empty"], None, Ok("service account"))]
    #[case::file_first(&["prod"], None, Ok("prod"))]
    #[case::named(&["missing"], Some("prod"), Err(()))]
    fn a_pod_has_its_service_account(
        #[case] files: &[&str],
        #[case] wanted: Option<&str>,
        #[case] expected: Result<&str, ()>,
    ) {
        let (_folder, mut around) = surroundings(files);
        around.is_pod = true;
        assert_eq!(chosen(choose(wanted, &around)).as_deref().map_err(drop), expected);
    }
}
