//! A toolchain that has, or can build, the standard library for WebAssembly.

use crate::{Result, TARGET, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How to call cargo so that it compiles for [`TARGET`].
pub struct Toolchain {
    /// The toolchain's folder, where it is not the one that is installed.
    sysroot: Option<PathBuf>,
    /// Whether the standard library is compiled along.
    build_std: bool,
}

/// The first of these that is there or can be had: the target of the installed toolchain; the target by `rustup target
/// add`; the library's sources of the installed toolchain; those from Debian's package `rust-src` of the compiler's
/// version, in a private copy of the toolchain.
pub fn find_toolchain() -> Result<Toolchain> {
    let installed = sysroot()?;
    if has_target(&installed) {
        return Ok(Toolchain {
            sysroot: None,
            build_std: false,
        });
    }
    println!("The installed toolchain has no {TARGET}: trying `rustup target add {TARGET}`.");
    if run(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_target(&installed) {
        return Ok(Toolchain {
            sysroot: None,
            build_std: false,
        });
    }
    println!("Not to be had: the standard library will be compiled from its sources.");
    if has_sources(&installed) {
        return Ok(Toolchain {
            sysroot: None,
            build_std: true,
        });
    }
    Ok(Toolchain {
        sysroot: Some(with_sources_of_debian(&installed)?),
        build_std: true,
    })
}

impl Toolchain {
    /// A call of cargo that compiles with this toolchain; the caller adds the command.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = match &self.sysroot {
            Some(sysroot) => Command::new(sysroot.join("bin/cargo")),
            None => Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        };
        if let Some(sysroot) = &self.sysroot {
            cargo.env("RUSTC", sysroot.join("bin/rustc"));
        }
        cargo.env("RUSTFLAGS", remapped_paths());
        if self.build_std {
            // `-Zbuild-std` is for nightly; the compiler takes it from anybody who says this.
            cargo
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        }
        cargo
    }

    /// Where the compiled files go: apart from those of the host, which another toolchain may have compiled.
    pub(crate) fn target_folder(&self, workspace: &Path) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| workspace.join("target"), PathBuf::from)
            .join("plugins")
    }
}

/// Flags that keep the folders of this machine out of the components, so that the same sources give the same bytes
/// everywhere.
fn remapped_paths() -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let mut flags = vec![format!("--remap-path-prefix={}=/cargo", cargo.display())];
    let registries = std::fs::read_dir(cargo.join("registry/src"))
        .into_iter()
        .flatten()
        .flatten();
    flags.extend(
        registries.map(|registry| format!("--remap-path-prefix={}=/cargo", registry.path().display())),
    );
    flags.join(" ")
}

fn sysroot() -> Result<PathBuf> {
    Ok(output(Command::new("rustc").args(["--print", "sysroot"]))?.into())
}

fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn has_sources(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").is_file()
}

/// A copy of the toolchain at `installed` with the sources of the standard library. Kept in the user's cache.
fn with_sources_of_debian(installed: &Path) -> Result<PathBuf> {
    let version = output(Command::new("rustc").arg("--version"))?;
    let version = version
        .split_whitespace()
        .nth(1)
        .ok_or("rustc does not say its version")?
        .to_owned();
    let folder = cache()?.join(format!("sysroot-{version}"));
    if has_sources(&folder) {
        return Ok(folder);
    }
    let parent = folder.parent().ok_or("no cache folder")?;
    std::fs::create_dir_all(parent)?;
    let scratch = parent.join(format!("sysroot-{version}.{}", std::process::id()));
    let package = download_sources(&scratch, &version)?;
    let unpacked = scratch.join("unpacked");
    run(Command::new("dpkg").arg("-x").arg(&package).arg(&unpacked))?;
    let made = scratch.join("sysroot");
    std::fs::create_dir_all(made.join("lib/rustlib/src/rust"))?;
    run(Command::new("cp")
        .arg("-a")
        .args([installed.join("bin"), installed.join("lib")])
        .arg(&made))?;
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    run(Command::new("cp")
        .arg("-a")
        .arg(library)
        .arg(made.join("lib/rustlib/src/rust")))?;
    let renamed = std::fs::rename(&made, &folder);
    std::fs::remove_dir_all(&scratch)?;
    // Another process may have been first: then its folder is as good as ours.
    if has_sources(&folder) {
        Ok(folder)
    } else {
        Err(format!("{}: {renamed:?}", folder.display()).into())
    }
}

/// Download Debian's `rust-src` of `version` below `scratch`, with a package list of our own: the suite that has it need
/// not be one of the machine's.
fn download_sources(scratch: &Path, version: &str) -> Result<PathBuf> {
    println!("Getting the sources of Rust {version} from Debian's packages.");
    for folder in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(scratch.join(folder))?;
    }
    let mirror =
        debian_mirror().ok_or("no Debian mirror in /etc/apt: install the target or rust-src with rustup")?;
    let suites = ["trixie-backports", "trixie", "forky", "sid"];
    let lines = suites.map(|suite| {
        format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {suite} main\n")
    });
    for line in lines {
        std::fs::write(scratch.join("sources.list"), line)?;
        let listed = run(apt_get(scratch).args(["-qq", "update"]));
        let versions = output(
            Command::new("apt-cache")
                .args(options(scratch))
                .args(["madison", "rust-src"]),
        );
        let wanted = versions.unwrap_or_default().lines().find_map(|line| {
            let found = line.split('|').nth(1)?.trim();
            found
                .starts_with(&format!("{version}+"))
                .then(|| found.to_owned())
        });
        let Some(wanted) = wanted.filter(|_| listed.is_ok()) else {
            continue;
        };
        run(apt_get(scratch)
            .current_dir(scratch)
            .args(["-qq", "download", &format!("rust-src={wanted}")]))?;
        let packages = std::fs::read_dir(scratch)?.filter_map(|entry| Some(entry.ok()?.path()));
        let found = packages
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"));
        return found.ok_or_else(|| "apt-get downloaded nothing".into());
    }
    Err(
        format!("Debian has no rust-src {version}: install the target with `rustup target add {TARGET}`")
            .into(),
    )
}

fn apt_get(scratch: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.args(options(scratch));
    command
}

fn options(scratch: &Path) -> Vec<String> {
    let at = |name: &str| scratch.join(name).display().to_string();
    [
        format!("Dir::State::lists={}", at("lists")),
        format!("Dir::Cache={}", at("cache")),
        format!("Dir::Etc::sourcelist={}", at("sources.list")),
        "Dir::Etc::sourceparts=-".to_owned(),
        "Debug::NoLocking=1".to_owned(),
        "APT::Sandbox::User=root".to_owned(),
    ]
    .into_iter()
    .flat_map(|option| ["-o".to_owned(), option])
    .collect()
}

/// The address of the first mirror that the machine's own package lists name.
fn debian_mirror() -> Option<String> {
    let folder = std::fs::read_dir("/etc/apt/sources.list.d")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = folder.collect();
    files.sort();
    files.push("/etc/apt/sources.list".into());
    let text: String = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect();
    let words = text
        .lines()
        .filter(|line| line.starts_with("URIs:") || line.starts_with("deb "));
    let addresses = words
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("http"));
    addresses
        .into_iter()
        .find(|address| address.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
}

fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    Ok(base
        .ok_or("neither XDG_CACHE_HOME nor HOME is set")?
        .join("lazarette"))
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
