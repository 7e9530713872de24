//! Options that every command takes.

use super::output::Format;
use crate::store::Credential;
use clap::{ArgAction, Args, ColorChoice, ValueHint};
use std::path::PathBuf;

/// Options that every command takes. What is not given comes from the environment, then from the configuration file.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Cluster to back up or restore to: `kubeconfig:CONTEXT`, or `dir:PATH`, a folder of manifests [default:
    /// kubeconfig, the cluster that kubectl talks to, or inside a pod its own]
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_CLUSTER",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub cluster: Option<String>,

    /// Store of backups: `file:PATH`, a folder, or `azblob://ACCOUNT/CONTAINER[/PREFIX]`, a container in Azure
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_STORE",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub store: Option<String>,

    /// As whom a store in Azure is used: `sas`, `sas-file:PATH`, `workload-identity`, `managed-identity[:CLIENT_ID]`,
    /// `client-secret`, `client-certificate[:PATH]`, `azure-cli` [default: auto, what fits the place]
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_STORE_CREDENTIAL",
        hide_env_values = true,
        value_name = "CREDENTIAL"
    )]
    pub store_credential: Option<Credential>,

    /// File with the private key that decrypts backups, as `lazarette key generate` and `age-keygen` write it
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_IDENTITY",
        hide_env_values = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub identity: Option<PathBuf>,

    /// File with an Ed25519 public key: backups that are not signed with it are refused; can be given several times
    #[arg(
        long = "trusted-key",
        global = true,
        env = "LAZARETTE_TRUSTED_KEY",
        value_delimiter = ',',
        hide_env_values = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub trusted_keys: Vec<PathBuf>,

    /// Form in which results are printed [default: table]
    #[arg(
        short,
        long,
        global = true,
        env = "LAZARETTE_OUTPUT",
        hide_env_values = true,
        value_name = "FORM",
        hide_possible_values = false
    )]
    pub output: Option<Format>,

    /// When to use colours [default: auto, which is on a terminal]
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_COLOR",
        hide_env_values = true,
        value_name = "WHEN"
    )]
    pub color: Option<ColorChoice>,

    /// Configuration file, in TOML; the README lists its keys [default: lazarette/config.toml in $XDG_CONFIG_HOME or
    /// ~/.config]
    #[arg(
        long,
        global = true,
        env = "LAZARETTE_CONFIG",
        hide_env_values = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub config: Option<PathBuf>,

    /// Say more about what is done; twice for even more
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,

    /// Say nothing but errors and results
    #[arg(short, long, global = true)]
    pub quiet: bool,
}
