//! Where plugins come from: a file, a folder, a registry.

use super::registry::{Address, RegistryError, SCHEME, Signed};
use super::{PluginError, PluginErrorKind, TrustedKeys};
use crate::report::{Code, Problem};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file; its signature lies beside it as `FILE.sig`. Of a folder, the file `NAME.wasm` in it.
    File(PathBuf),
    /// A registry.
    Registry(Address),
}

/// Why a component could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file that cannot be read.
    #[error("{file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A registry that did not give it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It is another component than was asked for, or is not signed as was asked for.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl Source {
    /// The source in `text`: `oci://…`, or a path.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        match text.starts_with(SCHEME) {
            true => Ok(Source::Registry(Address::parse(text)?)),
            false => Ok(Source::File(text.into())),
        }
    }

    /// Get the component of the plugin `name`. `digest` is the SHA-256 that it must have; one of `keys` must have signed it,
    /// where there are any. What a registry gave under a digest is kept in the folder `cache`.
    pub async fn fetch(
        &self,
        name: &str,
        digest: Option<&str>,
        keys: &TrustedKeys,
        cache: Option<&Path>,
    ) -> Result<Vec<u8>, SourceError> {
        let signed = match self {
            Source::File(path) => read(&in_folder(path, name))?,
            Source::Registry(address) => pull(address, cache).await?,
        };
        let refuse = |kind| PluginError {
            plugin: name.to_owned(),
            kind,
        };
        if let Some(wanted) = digest {
            let found = hex::encode(Sha256::digest(&signed.component));
            if found
                != wanted
                    .strip_prefix("sha256:")
                    .unwrap_or(wanted)
                    .to_ascii_lowercase()
            {
                let message = format!("its SHA-256 is {found}, and not {wanted} as was asked for");
                return Err(refuse(PluginErrorKind::Digest(message)).into());
            }
        }
        keys.check(&signed.component, signed.signature.as_deref())
            .map_err(refuse)?;
        Ok(signed.component)
    }
}

/// The component of `name` where `path` is a folder, else the file itself.
fn in_folder(path: &Path, name: &str) -> PathBuf {
    if path.is_dir() {
        path.join(format!("{name}.wasm"))
    } else {
        path.to_owned()
    }
}

/// A component of a file, and the signature beside it.
pub fn read(file: &Path) -> Result<Signed, SourceError> {
    let failed = |file: &Path| {
        let file = file.display().to_string();
        move |cause| SourceError::File { file, cause }
    };
    let component = std::fs::read(file).map_err(failed(file))?;
    let beside = signature_file(file);
    let signature = match std::fs::read(&beside) {
        Ok(signature) => Some(signature),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(&beside)(error)),
    };
    Ok(Signed { component, signature })
}

/// Where the signature of a component lies.
pub fn signature_file(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Pull, or take what was pulled before under the digest that the address names.
async fn pull(address: &Address, cache: Option<&Path>) -> Result<Signed, SourceError> {
    let folder = cache.zip(address.digest());
    let kept = folder.map(|(cache, digest)| cache.join(format!("{}.wasm", digest.replace(':', "-"))));
    if let Some(found) = kept.as_deref().and_then(find_kept) {
        return Ok(found);
    }
    let signed = address.pull().await?;
    if let Some(kept) = kept
        && let Err(error) = keep(&kept, &signed)
    {
        tracing::warn!("a plugin that was pulled is not kept: {error}");
    }
    Ok(signed)
}

/// What was kept: the digest of the component stands before it, so that a damaged entry is none.
fn find_kept(file: &Path) -> Option<Signed> {
    let entry = read(file).ok()?;
    let (digest, component) = entry.component.split_at_checked(32)?;
    (Sha256::digest(component).as_slice() == digest).then(|| Signed {
        component: component.to_owned(),
        signature: entry.signature,
    })
}

fn keep(file: &Path, signed: &Signed) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let write = |to: &Path, parts: &[&[u8]]| -> std::io::Result<()> {
        let mut entry = tempfile::NamedTempFile::new_in(folder)?;
        for part in parts {
            std::io::Write::write_all(&mut entry, part)?;
        }
        entry.persist(to)?;
        Ok(())
    };
    if let Some(signature) = &signed.signature {
        write(&signature_file(file), &[signature])?;
    }
    write(
        file,
        &[Sha256::digest(&signed.component).as_slice(), &signed.component],
    )
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Problem {
        let message = error.to_string();
        match error {
            SourceError::File { cause, .. } if cause.kind() == std::io::ErrorKind::NotFound => {
                Problem::new(Code::NotFound, message)
            }
            SourceError::File { .. } => Problem::new(Code::FileAccess, message),
            SourceError::Registry(_) => Problem::new(Code::Registry, message),
            SourceError::Plugin(error) => error.into(),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Problem {
        SourceError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(source: &str, digest: Option<&str>) -> Result<Vec<u8>, String> {
        let source = Source::parse(source).unwrap();
        source
            .fetch("mine", digest, &TrustedKeys::default(), None)
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_file_and_a_folder_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.wasm");
        std::fs::write(&file, "component").unwrap();
        assert_eq!(fetch(file.to_str().unwrap(), None).await.unwrap(), b"component");
        assert_eq!(
            fetch(folder.path().to_str().unwrap(), None).await.unwrap(),
            b"component"
        );
    }

    #[tokio::test]
    async fn another_component_than_was_asked_for_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.wasm");
        std::fs::write(&file, "component").unwrap();
        let digest = hex::encode(Sha256::digest("component"));
        let path = file.to_str().unwrap();
        fetch(path, Some(&format!("sha256:{digest}"))).await.unwrap();
        fetch(path, Some(&digest)).await.unwrap();
        let error = fetch(path, Some("sha256:00")).await.unwrap_err();
        assert!(error.contains(&digest), "{error}");
    }

    #[test]
    fn what_is_kept_is_found_unless_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sha256-x.wasm");
        let signed = Signed {
            component: b"component".to_vec(),
            signature: Some(b"signature".to_vec()),
        };
        keep(&file, &signed).unwrap();
        assert_eq!(find_kept(&file), Some(signed));
        std::fs::write(&file, "damaged").unwrap();
        assert_eq!(find_kept(&file), None);
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(Source::parse("oci://").is_err());
        assert!(Source::parse("oci://host/repo@sha256:short").is_err());
        let address = format!("oci://host:5000/plugins/mine:1.0@sha256:{}", "0".repeat(64));
        assert_eq!(Address::parse(&address).unwrap().to_string(), address);
    }
}
