//! Addresses of containers.

use crate::store::StoreError;
use azure_core::cloud::CloudConfiguration;
use azure_core::http::Url;

/// Where the accounts of Azure's public cloud are.
const PUBLIC_CLOUD: &str = "blob.core.windows.net";

/// What an address of a store in Azure names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As the user wrote it. It holds no secret.
    pub(super) text: String,
    /// The container's URL, without a signature.
    pub(super) container: Url,
    /// What the names of all blobs begin with: empty, or with a `/` at its end.
    pub(super) prefix: String,
}

impl Address {
    /// Read `azblob://ACCOUNT/CONTAINER[/PREFIX]`, where `ACCOUNT` may be a whole host name; or a URL behind
    /// `azblob+`, such as `azblob+https://HOST:PORT/CONTAINER[/PREFIX]`, in which an IP address or `localhost` is
    /// followed by the account's name, as in the addresses of Azurite.
    pub(super) fn parse(text: &str) -> Result<Address, StoreError> {
        let refused = |why: &str| {
            Err(StoreError::Invalid(format!(
                "'{}' names no store{why}: expected azblob://ACCOUNT/CONTAINER[/PREFIX] or \
                 azblob+https://HOST/CONTAINER[/PREFIX]",
                without_secrets(text)
            )))
        };
        if text.contains(['?', '#']) {
            return refused(
                ", because a signature does not belong into it (put it into AZURE_STORAGE_SAS_TOKEN)",
            );
        }
        let url = match (text.strip_prefix("azblob://"), text.strip_prefix("azblob+")) {
            (Some(rest), _) => format!("https://{}", with_host(rest)),
            (None, Some(url)) if url.starts_with("https://") || url.starts_with("http://") => url.to_owned(),
            _ => return refused(""),
        };
        let Ok(mut container) = Url::parse(&url) else {
            return refused("");
        };
        if !container.username().is_empty() || container.password().is_some() {
            return refused(", because a user does not belong into it");
        }
        let path = container.path().trim_matches('/').to_owned();
        let account = usize::from(is_path_style(&container));
        let mut segments = path.split('/');
        let named: Vec<&str> = segments
            .by_ref()
            .take(account + 1)
            .filter(|part| !part.is_empty())
            .collect();
        if named.len() != account + 1 {
            return refused(", because the container is missing");
        }
        container.set_path(&named.join("/"));
        let prefix = decoded(segments)?;
        Ok(Address {
            text: text.to_owned(),
            container,
            prefix,
        })
    }

    /// Name of the blob that holds the file `key`.
    pub(super) fn blob(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The cloud whose identities the account trusts; none where the environment may say it.
    pub(super) fn cloud(&self) -> Option<CloudConfiguration> {
        let host = self.container.host_str().unwrap_or_default();
        if host.ends_with(".chinacloudapi.cn") {
            Some(CloudConfiguration::AzureChina)
        } else if host.ends_with(".usgovcloudapi.net") {
            Some(CloudConfiguration::AzureGovernment)
        } else {
            None
        }
    }

    /// The container's name and the host that serves it, for people.
    pub(super) fn place(&self) -> String {
        let container = self.container.path().rsplit('/').next().unwrap_or_default();
        let host = self.container.host_str().unwrap_or_default();
        format!("container {container} at {host}")
    }
}

/// The rest of an address, with the whole host for the bare name of an account.
fn with_host(rest: &str) -> String {
    let (account, path) = rest.split_once('/').unwrap_or((rest, ""));
    match account.contains(['.', ':']) || account.is_empty() {
        true => rest.to_owned(),
        false => format!("{account}.{PUBLIC_CLOUD}/{path}"),
    }
}

/// Whether the first segment of the path is the account, because the host is nobody's.
fn is_path_style(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The prefix that the `segments` of a URL's path are, which must be a key.
fn decoded<'a>(segments: impl Iterator<Item = &'a str>) -> Result<String, StoreError> {
    let mut prefix = String::new();
    for segment in segments.filter(|segment| !segment.is_empty()) {
        let Ok(segment) = percent_encoding::percent_decode_str(segment).decode_utf8() else {
            return Err(StoreError::Invalid(format!("'{segment}' is no text in UTF-8")));
        };
        crate::store::key::check(&segment)?;
        prefix.push_str(&segment);
        prefix.push('/');
    }
    Ok(prefix)
}

/// An address up to where a secret could begin.
fn without_secrets(text: &str) -> &str {
    match text.contains('@') {
        true => text.split_inclusive("://").next().unwrap_or_default(),
        false => text.split(['?', '#']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::account("azblob://shop/backups", "https://shop.blob.core.windows.net/backups", "")]
    #[case::prefix(
        "azblob://shop/backups/prod/eu/",
        "https://shop.blob.core.windows.net/backups",
        "prod/eu/"
    )]
    #[case::space(
        "azblob://shop/backups/a b",
        "https://shop.blob.core.windows.net/backups",
        "a b/"
    )]
    #[case::china(
        "azblob://shop.blob.core.chinacloudapi.cn/b",
        "https://shop.blob.core.chinacloudapi.cn/b",
        ""
    )]
    #[case::url(
        "azblob+https://blobs.example.org:8443/b/p",
        "https://blobs.example.org:8443/b",
        "p/"
    )]
    #[case::emulator(
        "azblob+http://127.0.0.1:10000/devstoreaccount1/b/p",
        "http://127.0.0.1:10000/devstoreaccount1/b",
        "p/"
    )]
    #[case::localhost("azblob+https://localhost:1/account/b", "https://localhost:1/account/b", "")]
    #[case::ipv6("azblob+http://[::1]:1/account/b", "http://[::1]:1/account/b", "")]
    fn addresses(#[case] text: &str, #[case] container: &str, #[case] prefix: &str) {
        let address = Address::parse(text).unwrap();
        assert_eq!(
            (address.container.as_str(), address.prefix.as_str()),
            (container, prefix)
        );
        assert_eq!(address.text, text);
    }

    #[rstest]
    #[case::no_container("azblob://shop")]
    #[case::empty_container("azblob://shop/")]
    #[case::no_account("azblob:///backups")]
    #[case::other_scheme("azblob+ftp://host/backups")]
    #[case::emulator_without_container("azblob+http://127.0.0.1:10000/devstoreaccount1")]
    #[case::user("azblob+https://me:c2VjcmV0@host/backups")]
    #[case::signature("azblob://shop/backups?sv=2024&sig=c2VjcmV0")]
    #[case::up("azblob://shop/backups/.hidden")]
    fn what_names_no_container_is_refused(#[case] text: &str) {
        let message = Address::parse(text).unwrap_err().to_string();
        assert!(!message.contains("c2VjcmV0"), "{message}");
    }

    #[rstest]
    #[case("azblob://shop.blob.core.usgovcloudapi.net/b", true)]
    #[case("azblob://shop.blob.core.chinacloudapi.cn/b", true)]
    #[case("azblob://shop/b", false)]
    fn national_clouds_have_identities_of_their_own(#[case] text: &str, #[case] own: bool) {
        assert_eq!(Address::parse(text).unwrap().cloud().is_some(), own);
    }
}
