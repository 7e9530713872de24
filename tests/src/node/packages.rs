//! Programs from Debian's packages, unpacked into a folder of their own: nothing is installed, and no script of a package
//! runs. They are fetched with `apt-get`, which checks their signatures, from Debian 12, once, and kept outside the tree
//! under a key of what is asked for.

use crate::servers;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where packages come from: one release of Debian, whatever the machine itself has.
const SOURCES: &str = "\
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian-security bookworm-security main
";

/// What runs pods, and networks of their own for them.
pub const RUNTIME: Set = Set {
    name: "runtime",
    packages: &[
        "containerd=1.6.20*",
        "runc=1.1.5*",
        "containernetworking-plugins=1.1.1*",
        "libseccomp2=2.5.4*",
    ],
};

/// A shell and its tools in one static program.
pub const BUSYBOX: Set = Set {
    name: "busybox",
    packages: &["busybox-static=1:1.35.0*"],
};

/// A SOCKS5 proxy.
pub const SOCKS: Set = Set {
    name: "socks",
    packages: &["microsocks=1.0.3*"],
};

/// PostgreSQL with all libraries that it loads, down to the C library.
pub const POSTGRESQL: Set = Set {
    name: "postgresql",
    packages: &[
        "postgresql-15=15.*",
        "postgresql-client-15=15.*",
        "libaudit1",
        "libc6",
        "libcap-ng0",
        "libcap2",
        "libcom-err2",
        "libffi8",
        "libgcc-s1",
        "libgcrypt20",
        "libgmp10",
        "libgnutls30",
        "libgpg-error0",
        "libgssapi-krb5-2",
        "libhogweed6",
        "libicu72",
        "libidn2-0",
        "libk5crypto3",
        "libkeyutils1",
        "libkrb5-3",
        "libkrb5support0",
        "libldap-2.5-0",
        "liblz4-1",
        "liblzma5",
        "libnettle8",
        "libp11-kit0",
        "libpam0g",
        "libpq5",
        "libreadline8",
        "libsasl2-2",
        "libselinux1",
        "libpcre2-8-0",
        "libssl3",
        "libstdc++6",
        "libsystemd0",
        "libtasn1-6",
        "libtinfo6",
        "libunistring2",
        "libuuid1",
        "libxml2",
        "libxslt1.1",
        "libzstd1",
        "tzdata",
        "zlib1g",
    ],
};

/// The program whose repositories a vault has: one Go program, which needs no library but C's.
pub const RESTIC: Set = Set {
    name: "restic",
    packages: &["restic=0.14.0*"],
};

/// Packages that are unpacked together. `NAME=1.2*` takes the newest build of one upstream version; a library comes in
/// the version of the release.
pub struct Set {
    name: &'static str,
    packages: &'static [&'static str],
}

impl Set {
    /// The folder that the packages are unpacked in, as if it were `/`.
    ///
    /// # Errors
    /// What `apt-get` or `dpkg-deb` says, or why they do not run.
    pub fn folder(&self) -> Result<PathBuf, String> {
        let folder = servers::cache().join(format!("debian-{}-{}", self.name, self.key()));
        if folder.is_dir() {
            return Ok(folder);
        }
        fs::create_dir_all(servers::cache()).map_err(text)?;
        // Several test processes want the same packages at once: one fetches them, the others wait for it.
        let lock = File::create(folder.with_extension("lock")).map_err(text)?;
        lock.lock().map_err(text)?;
        if !folder.is_dir() {
            self.fetch(&folder)?;
        }
        Ok(folder)
    }

    fn key(&self) -> String {
        let asked = [&[SOURCES], self.packages].concat().join("\n");
        hex::encode(Sha256::digest(asked))[..12].to_owned()
    }

    fn fetch(&self, folder: &Path) -> Result<(), String> {
        // Straight to the terminal: a test's own output is shown only when it fails, and this takes a while.
        let _ = writeln!(
            io::stderr(),
            "fetching {} packages of Debian for {}, once; this can take a minute",
            self.packages.len(),
            self.name
        );
        let work = tempfile::tempdir().map_err(text)?;
        let apt = Apt::new(work.path())?;
        apt.run(&["update"])?;
        apt.run(&[&["download"], self.packages].concat())?;
        let unfinished = folder.with_extension("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        for entry in fs::read_dir(work.path()).map_err(text)? {
            let package = entry.map_err(text)?.path();
            if package.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg-deb")
                    .arg("--extract")
                    .arg(&package)
                    .arg(&unfinished))?;
            }
        }
        fs::rename(&unfinished, folder).map_err(text)
    }
}

/// `apt-get` with sources and lists of its own, so that it neither needs nor changes those of the machine.
struct Apt<'a> {
    folder: &'a Path,
}

impl<'a> Apt<'a> {
    fn new(folder: &'a Path) -> Result<Self, String> {
        for made in ["lists/partial", "archives/partial"] {
            fs::create_dir_all(folder.join(made)).map_err(text)?;
        }
        fs::write(folder.join("sources.list"), SOURCES).map_err(text)?;
        Ok(Apt { folder })
    }

    fn run(&self, words: &[&str]) -> Result<(), String> {
        let option = |name: &str, path: &str| format!("{name}={}", self.folder.join(path).display());
        let options = [
            "APT::Sandbox::User=root".to_owned(),
            "APT::Update::Error-Mode=any".to_owned(),
            "Dir::Etc::SourceParts=/nonexistent".to_owned(),
            option("Dir::Etc::SourceList", "sources.list"),
            option("Dir::State::Lists", "lists"),
            option("Dir::Cache", ""),
        ];
        let options = options.iter().flat_map(|option| ["-o", option]);
        run(Command::new("apt-get")
            .current_dir(self.folder)
            .arg("--quiet=2")
            .args(options)
            .args(words))
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program} does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

fn text(error: io::Error) -> String {
    error.to_string()
}
