//! As whom a store is used: the credential that the user chose, or that fits the place.

use super::certificate::Certificate;
use super::failure::redact;
use crate::store::{Credential, StoreError, Variables};
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    AzureCliCredential, ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the public cloud's tokens come from.
const PUBLIC_AUTHORITY: &str = "https://login.microsoftonline.com";

/// As whom requests are made.
#[derive(Clone)]
pub(super) enum Identity {
    /// Whoever holds a shared access signature: its query, which belongs to no text for people.
    Signature(String),
    /// An identity of Microsoft Entra, which gets tokens.
    Entra(Arc<dyn TokenCredential>),
}

/// The credential that `chosen` is in this place: with `auto`, the first of what the environment holds: a signature,
/// the token of a pod, an application's secret or certificate, an identity that the platform announces. A pod without
/// any of these has the identity of its machine; elsewhere it is who is logged in to the Azure CLI, and where that is
/// not installed, the machine.
pub(super) fn resolve(chosen: &Credential, variables: &Variables) -> Credential {
    if *chosen != Credential::Auto {
        return chosen.clone();
    }
    let set = |name| variables.get(name).is_some();
    if set("AZURE_STORAGE_SAS_TOKEN") {
        Credential::Sas
    } else if set("AZURE_FEDERATED_TOKEN_FILE") {
        Credential::WorkloadIdentity
    } else if set("AZURE_CLIENT_SECRET") {
        Credential::ClientSecret
    } else if set("AZURE_CLIENT_CERTIFICATE_PATH") {
        Credential::ClientCertificate(None)
    } else if set("IDENTITY_ENDPOINT") || set("KUBERNETES_SERVICE_HOST") || !has_azure_cli(variables) {
        Credential::ManagedIdentity(variables.get("AZURE_CLIENT_ID"))
    } else {
        Credential::AzureCli
    }
}

fn has_azure_cli(variables: &Variables) -> bool {
    let path = variables.get("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("az").is_file())
}

/// What builds identities.
pub(super) struct Builder<'a> {
    pub(super) variables: &'a Variables,
    pub(super) client: &'a reqwest::Client,
    /// The cloud that the account is in; none where the variables may say it.
    pub(super) cloud: Option<CloudConfiguration>,
}

impl Builder<'_> {
    /// The identity of a credential that is resolved.
    pub(super) fn build(&self, credential: &Credential) -> Result<Identity, StoreError> {
        let entra: Arc<dyn TokenCredential> = match credential {
            Credential::Auto => return self.build(&resolve(credential, self.variables)),
            Credential::Sas => return signature(&self.required("AZURE_STORAGE_SAS_TOKEN")?),
            Credential::SasFile(file) => return signature(&read(file)?),
            Credential::WorkloadIdentity => self.workload_identity()?,
            Credential::ManagedIdentity(id) => self.managed_identity(id.clone())?,
            Credential::ClientSecret => self.client_secret()?,
            Credential::ClientCertificate(file) => self.client_certificate(file.clone())?,
            Credential::AzureCli => AzureCliCredential::new(None).map_err(unusable)?,
        };
        Ok(Identity::Entra(entra))
    }

    fn options(&self) -> ClientOptions {
        ClientOptions {
            transport: Some(Transport::new(Arc::new(self.client.clone()))),
            cloud: Some(Arc::new(self.cloud())),
            ..ClientOptions::default()
        }
    }

    fn workload_identity(&self) -> Result<Arc<dyn TokenCredential>, StoreError> {
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions {
                client_options: self.options(),
            },
            tenant_id: Some(self.required("AZURE_TENANT_ID")?),
            client_id: Some(self.required("AZURE_CLIENT_ID")?),
            token_file_path: Some(self.required("AZURE_FEDERATED_TOKEN_FILE")?.into()),
        };
        Ok(WorkloadIdentityCredential::new(Some(options)).map_err(unusable)?)
    }

    fn managed_identity(&self, id: Option<String>) -> Result<Arc<dyn TokenCredential>, StoreError> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: id.map(UserAssignedId::ClientId),
            client_options: self.options(),
        };
        Ok(ManagedIdentityCredential::new(Some(options)).map_err(unusable)?)
    }

    fn client_secret(&self) -> Result<Arc<dyn TokenCredential>, StoreError> {
        let options = ClientSecretCredentialOptions {
            client_options: self.options(),
        };
        Ok(ClientSecretCredential::new(
            &self.required("AZURE_TENANT_ID")?,
            self.required("AZURE_CLIENT_ID")?,
            Secret::new(self.required("AZURE_CLIENT_SECRET")?),
            Some(options),
        )
        .map_err(unusable)?)
    }

    fn client_certificate(&self, file: Option<PathBuf>) -> Result<Arc<dyn TokenCredential>, StoreError> {
        let tenant = self.required("AZURE_TENANT_ID")?;
        let client_id = self.required("AZURE_CLIENT_ID")?;
        let file = match file {
            Some(file) => file,
            None => self.required("AZURE_CLIENT_CERTIFICATE_PATH")?.into(),
        };
        let audience = format!("{}/{tenant}/oauth2/v2.0/token", self.authority());
        let options = ClientAssertionCredentialOptions {
            client_options: self.options(),
        };
        let certificate = Certificate::read(&file, audience, client_id.clone())?;
        Ok(
            ClientAssertionCredential::new(tenant, client_id, certificate, Some(options))
                .map_err(unusable)?,
        )
    }

    /// The cloud that tokens come from.
    fn cloud(&self) -> CloudConfiguration {
        let host = || self.variables.get("AZURE_AUTHORITY_HOST");
        self.cloud.clone().unwrap_or_else(|| match host() {
            Some(host) => {
                let mut custom = CustomConfiguration::default();
                custom.authority_host = host;
                CloudConfiguration::Custom(custom)
            }
            None => CloudConfiguration::AzurePublic,
        })
    }

    /// Where tokens come from, without a `/` at its end.
    fn authority(&self) -> String {
        let host = match self.cloud() {
            CloudConfiguration::AzureChina => "https://login.chinacloudapi.cn".to_owned(),
            CloudConfiguration::AzureGovernment => "https://login.microsoftonline.us".to_owned(),
            CloudConfiguration::Custom(custom) => custom.authority_host,
            _ => PUBLIC_AUTHORITY.to_owned(),
        };
        host.trim_end_matches('/').to_owned()
    }

    fn required(&self, name: &str) -> Result<String, StoreError> {
        self.variables.get(name).ok_or_else(|| {
            StoreError::Invalid(format!("the credential needs the environment variable {name}"))
        })
    }
}

fn read(file: &Path) -> Result<String, StoreError> {
    std::fs::read_to_string(file).map_err(|error| {
        StoreError::Invalid(format!(
            "the shared access signature cannot be read from {}: {error}",
            file.display()
        ))
    })
}

/// A signature from a text that may begin with `?`, or be a whole URL.
fn signature(text: &str) -> Result<Identity, StoreError> {
    let query = text.trim().rsplit('?').next().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
    match has("sig=") && has("sv=") && !query.contains(char::is_whitespace) {
        true => Ok(Identity::Signature(query.to_owned())),
        false => Err(StoreError::Invalid(
            "that is no shared access signature: expected a query such as sv=…&se=…&sp=…&sig=…".to_owned(),
        )),
    }
}

fn unusable(error: azure_core::Error) -> StoreError {
    StoreError::Invalid(format!(
        "the credential cannot be used: {}",
        redact(&error.to_string())
    ))
}

#[cfg(test)]
mod tests;
