//! The configuration file: what a user does not want to type each time.

use super::output::Format;
use crate::archive::{KeyError, Recipient};
use crate::report::{Code, Problem, ResultOf, did_you_mean, units};
use crate::store::{Credential, StoreError};
use clap::{ColorChoice, ValueEnum};
use jiff::SignedDuration;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Every key that a configuration file may have.
const KEYS: [&str; 11] = [
    "cluster",
    "store",
    "store-credential",
    "store-authorities",
    "deletion-delay",
    "encrypt-to",
    "identity",
    "signing-key",
    "trusted-key",
    "output",
    "color",
];

/// What a configuration file says. Keys that it lacks are none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// `cluster = "dir:./manifests"`
    pub cluster: Option<String>,
    /// `store = "file:./backups"`
    pub store: Option<String>,
    /// `store-credential = "workload-identity"`
    pub store_credential: Option<Credential>,
    /// `store-authorities = "/etc/ssl/proxy.pem"`
    pub store_authorities: Option<PathBuf>,
    /// `deletion-delay = "7d"`
    pub deletion_delay: Option<SignedDuration>,
    /// `encrypt-to = "age1…"`; several with a space between them
    pub encrypt_to: Vec<Recipient>,
    /// `identity = "/run/secrets/identity.txt"`
    pub identity: Option<PathBuf>,
    /// `signing-key = "/run/secrets/signing.pem"`
    pub signing_key: Option<PathBuf>,
    /// `trusted-key = "/etc/lazarette/signing.pub"`; several with a comma between them
    pub trusted_keys: Vec<PathBuf>,
    /// `output = "json"`
    pub output: Option<Format>,
    /// `color = "never"`
    pub color: Option<ColorChoice>,
}

impl Config {
    /// The file at `path`, which must be there; or the user's, if there is one.
    pub fn read(path: Option<&Path>) -> ResultOf<Self> {
        let Some(file) = path.map(Path::to_owned).or_else(users_file) else {
            return Ok(Config::default());
        };
        match std::fs::read_to_string(&file) {
            Ok(text) => Config::parse(&text, &file.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.is_none() => {
                Ok(Config::default())
            }
            Err(error) => {
                let code = match error.kind() {
                    std::io::ErrorKind::NotFound => Code::NotFound,
                    _ => Code::FileAccess,
                };
                Err(
                    Problem::new(code, format!("the configuration file cannot be read: {error}"))
                        .about(file.display()),
                )
            }
        }
    }

    /// Read `text`; errors name `file` and the line.
    fn parse(text: &str, file: &str) -> ResultOf<Self> {
        let at = |offset: usize, message: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            Problem::new(Code::InvalidDocument, message).about(format!("{file}:{line}"))
        };
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            at(
                offset,
                format!(
                    "not TOML: {}",
                    error.message().lines().collect::<Vec<_>>().join(", ")
                ),
            )
        })?;
        let mut config = Config::default();
        for (key, value) in table.get_ref() {
            config
                .set(key.get_ref(), value)
                .map_err(|message| at(key.span().start, message))?;
        }
        Ok(config)
    }

    fn set(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<(), String> {
        let text = || {
            value
                .get_ref()
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("'{key}' must be a text in quotes"))
        };
        match key {
            "cluster" => self.cluster = Some(text()?),
            "store" => self.store = Some(text()?),
            "store-credential" => {
                self.store_credential = Some(text()?.parse().map_err(|error: StoreError| error.to_string())?);
            }
            "store-authorities" => self.store_authorities = Some(text()?.into()),
            "deletion-delay" => {
                let delay = units::parse_duration(&text()?).map_err(|error| error.to_string())?;
                self.deletion_delay = Some(delay);
            }
            "encrypt-to" => {
                let recipients: Result<_, KeyError> = text()?.split_whitespace().map(str::parse).collect();
                self.encrypt_to = recipients.map_err(|error| error.to_string())?;
            }
            "identity" => self.identity = Some(text()?.into()),
            "signing-key" => self.signing_key = Some(text()?.into()),
            "trusted-key" => self.trusted_keys = text()?.split(',').map(|file| file.trim().into()).collect(),
            "output" => self.output = Some(choice(key, &text()?)?),
            "color" => self.color = Some(choice(key, &text()?)?),
            _ => {
                let meant = did_you_mean(key, KEYS);
                return Err(format!(
                    "unknown key '{key}'{meant} Known keys: {}.",
                    KEYS.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// One of the values of an option, as the command line would take it.
fn choice<T: ValueEnum>(key: &str, text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(T::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        format!(
            "'{text}' is no value of '{key}'{} Known values: {}.",
            did_you_mean(text, &known),
            known.join(", ")
        )
    })
}

/// Where the user's configuration file lies, by the XDG base directory specification.
fn users_file() -> Option<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    Some(
        folder
            .or_else(|| Some(variable("HOME")?.join(".config")))?
            .join("lazarette")
            .join("config.toml"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_key_is_read() {
        let text = "cluster = 'dir:a'\nstore = \"file:b\"\nstore-credential = 'azure-cli'\n\
                    store-authorities = 'ca.pem'\ndeletion-delay = '7d'\nencrypt-to = 'RECIPIENT'\n\
                    identity = 'id.txt'\nsigning-key = 'key.pem'\ntrusted-key = 'a.pub, b.pub'\noutput = 'json'\ncolor = 'never'\n";
        let recipient = crate::archive::generate_identity().1;
        let text = &text.replace("RECIPIENT", &recipient.to_string());
        let expected = Config {
            cluster: Some("dir:a".into()),
            store: Some("file:b".into()),
            store_credential: Some(Credential::AzureCli),
            store_authorities: Some("ca.pem".into()),
            deletion_delay: Some(SignedDuration::from_hours(7 * 24)),
            encrypt_to: vec![recipient],
            identity: Some("id.txt".into()),
            signing_key: Some("key.pem".into()),
            trusted_keys: vec!["a.pub".into(), "b.pub".into()],
            output: Some(Format::Json),
            color: Some(ColorChoice::Never),
        };
        assert_eq!(Config::parse(text, "config.toml"), Ok(expected));
    }

    #[rstest]
    #[case::unknown_key(
        "store = 'file:b'\nclutser = 'dir:a'",
        "config.toml:2: unknown key 'clutser'; did you mean 'cluster'?"
    )]
    #[case::unknown_value(
        "output = 'jsno'",
        "config.toml:1: 'jsno' is no value of 'output'; did you mean 'json'?"
    )]
    #[case::wrong_type("\nstore = 1", "config.toml:2: 'store' must be a text in quotes")]
    #[case::no_toml("store = ", "config.toml:1: not TOML: ")]
    fn what_is_wrong_is_named_with_its_line(#[case] text: &str, #[case] message: &str) {
        let problem = Config::parse(text, "config.toml").unwrap_err();
        assert!(problem.to_string().starts_with(message), "{problem}");
        assert_eq!(problem.code, Code::InvalidDocument);
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let problem = Config::read(Some(Path::new("/no/such/file"))).unwrap_err();
        assert_eq!(problem.code, Code::NotFound);
    }
}
