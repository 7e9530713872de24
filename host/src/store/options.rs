//! How a store is opened, beside its address.

use super::StoreError;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How a store is opened, beside its address. A folder needs none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// As whom the store is used.
    pub credential: Credential,
    /// Where the credential is looked for.
    pub variables: Variables,
    /// Where large files are put; none: where the account puts them.
    pub access_tier: Option<AccessTier>,
    /// Until when nobody can change or delete what is written; none: no such protection.
    pub immutable_until: Option<Timestamp>,
    /// A PEM file with certificate authorities that are trusted beside the system's.
    pub authorities: Option<PathBuf>,
    /// How long and how often to try.
    pub patience: Patience,
    /// How many files a request for a list returns; none: as many as the store likes to.
    pub page_size: Option<u16>,
}

/// Environment variables that credentials are looked for in: those of the process, unless others are collected.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(Option<BTreeMap<String, String>>);

impl Variables {
    /// The value of a variable. What is empty is not set.
    pub fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Some(variables) => variables.get(name).cloned(),
            None => std::env::var(name).ok(),
        }
        .filter(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Variables(Some(pairs.collect()))
    }
}

/// Without values: some are secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().flat_map(BTreeMap::keys))
            .finish()
    }
}

/// How long and how often a request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until a connection is made.
    pub connect: Duration,
    /// Until the next byte of an answer comes; the time in which a request's body is sent counts too.
    pub read: Duration,
    /// How often a request is sent again that failed for a reason that may pass.
    pub retries: usize,
    /// The pause before the first repetition; each further one is twice as long.
    pub pause: Duration,
}

/// Twenty seconds to connect, as the service's own clients; three minutes of silence, in which a line of 1.5 Mbit/s sends
/// the blocks that are on their way at a time; and repetitions for about half a minute, in which a store that is moved to
/// other machines comes back.
impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(20),
            read: Duration::from_secs(180),
            retries: 6,
            pause: Duration::from_millis(300),
        }
    }
}

/// Where in the account a file lies: cheaper to keep and dearer to read, from hot to cold. The tier `archive` is none
/// of them, because what lies there cannot be read before it has been brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTier {
    /// For what is read often.
    Hot,
    /// For what is kept for a month or longer.
    Cool,
    /// For what is kept for three months or longer.
    Cold,
}

impl AccessTier {
    /// All of them as they are written on the command line.
    pub const NAMES: [&str; 3] = ["hot", "cool", "cold"];
}

impl FromStr for AccessTier {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match text {
            "hot" => Ok(AccessTier::Hot),
            "cool" => Ok(AccessTier::Cool),
            "cold" => Ok(AccessTier::Cold),
            _ => Err(StoreError::Invalid(format!(
                "'{text}' is no access tier: expected {}",
                AccessTier::NAMES.join(", ")
            ))),
        }
    }
}

/// As whom a store in Azure is used. One line chooses; see [`Credential::NAMES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    /// What fits the place that the program runs in.
    #[default]
    Auto,
    /// A shared access signature in `AZURE_STORAGE_SAS_TOKEN`.
    Sas,
    /// A shared access signature in a file.
    SasFile(PathBuf),
    /// The identity of a pod, by a token that Kubernetes puts into a file.
    WorkloadIdentity,
    /// The identity of the machine, or the assigned one of this client id.
    ManagedIdentity(Option<String>),
    /// An application with a secret in `AZURE_CLIENT_SECRET`.
    ClientSecret,
    /// An application with a certificate, in the PEM file that is named, or that `AZURE_CLIENT_CERTIFICATE_PATH` names.
    ClientCertificate(Option<PathBuf>),
    /// Who is logged in to the Azure CLI.
    AzureCli,
}

impl Credential {
    /// All of them as they are written on the command line and in the configuration file.
    pub const NAMES: [&str; 10] = [
        "auto",
        "sas",
        "sas-file:PATH",
        "workload-identity",
        "managed-identity",
        "managed-identity:CLIENT_ID",
        "client-secret",
        "client-certificate",
        "client-certificate:PATH",
        "azure-cli",
    ];
}

impl FromStr for Credential {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest).filter(|rest| !rest.is_empty())),
            None => (text, None),
        };
        match (kind, rest) {
            ("auto", None) => Ok(Credential::Auto),
            ("sas", None) => Ok(Credential::Sas),
            ("sas-file", Some(path)) => Ok(Credential::SasFile(path.into())),
            ("workload-identity", None) => Ok(Credential::WorkloadIdentity),
            ("managed-identity", id) => Ok(Credential::ManagedIdentity(id.map(str::to_owned))),
            ("client-secret", None) => Ok(Credential::ClientSecret),
            ("client-certificate", path) => Ok(Credential::ClientCertificate(path.map(PathBuf::from))),
            ("azure-cli", None) => Ok(Credential::AzureCli),
            // What was given may be a secret in the wrong place, and is not shown.
            _ => Err(StoreError::Invalid(format!(
                "that is no credential of a store: expected one of {}",
                Credential::NAMES.join(", ")
            ))),
        }
    }
}

/// As it is written on the command line.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Auto => f.write_str("auto"),
            Credential::Sas => f.write_str("sas"),
            Credential::SasFile(path) => write!(f, "sas-file:{}", path.display()),
            Credential::WorkloadIdentity => f.write_str("workload-identity"),
            Credential::ManagedIdentity(None) => f.write_str("managed-identity"),
            Credential::ManagedIdentity(Some(id)) => write!(f, "managed-identity:{id}"),
            Credential::ClientSecret => f.write_str("client-secret"),
            Credential::ClientCertificate(None) => f.write_str("client-certificate"),
            Credential::ClientCertificate(Some(path)) => write!(f, "client-certificate:{}", path.display()),
            Credential::AzureCli => f.write_str("azure-cli"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("auto")]
    #[case("sas")]
    #[case("sas-file:/run/secrets/sas")]
    #[case("workload-identity")]
    #[case("managed-identity")]
    #[case("managed-identity:5f0c9b1e-0000-4000-8000-000000000000")]
    #[case("client-secret")]
    #[case("client-certificate")]
    #[case("client-certificate:C:/app.pem")]
    #[case("azure-cli")]
    fn a_credential_is_written_as_it_is_read(#[case] text: &str) {
        assert_eq!(text.parse::<Credential>().unwrap().to_string(), text);
    }

    #[rstest]
    #[case::unknown("password")]
    #[case::no_path("sas-file")]
    #[case::empty_path("sas-file:")]
    #[case::a_secret("sv=2024-01-01&sig=c2VjcmV0")]
    #[case::too_much("sas:sv=2024-01-01&sig=c2VjcmV0")]
    fn what_is_no_credential_is_refused_without_being_shown(#[case] text: &str) {
        let message = text.parse::<Credential>().unwrap_err().to_string();
        assert!(
            message.contains("workload-identity") && !message.contains("c2VjcmV0"),
            "{message}"
        );
    }
}
