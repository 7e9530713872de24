//! Images, made of Debian's packages: one layer each, in an archive as `docker save` writes it. There is no registry;
//! pods name them with `imagePullPolicy: Never`.

use super::packages::{BUSYBOX, POSTGRESQL};
use crate::servers;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use tar::{Builder, EntryType, Header, HeaderMode};

/// The users of every image. PostgreSQL does not run as root.
const USERS: &str = "\
root:x:0:0:root:/root:/bin/sh
postgres:x:999:999:PostgreSQL:/var/lib/postgresql:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/sh
";
const GROUPS: &str = "root:x:0:\npostgres:x:999:\nnobody:x:65534:\n";

/// Changes with what is done here to the packages, so that no image of an older harness is taken.
const RECIPE: &str = "3";

/// An image that pods can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// What holds the namespaces of a pod: BusyBox that sleeps.
    Pause,
    /// BusyBox with all its tools in `/bin`.
    Busybox,
    /// PostgreSQL 15 in `/usr/lib/postgresql/15/bin`, and BusyBox.
    PostgreSql,
}

impl Image {
    /// As `image` of a container has it.
    pub fn reference(self) -> &'static str {
        match self {
            Image::Pause => "localhost/pause:1",
            Image::Busybox => "localhost/busybox:1",
            Image::PostgreSql => "localhost/postgresql:15",
        }
    }

    /// The archive of the image, which is made where it is not kept.
    ///
    /// # Errors
    /// Why Debian's packages cannot be had, or the archive not be written.
    pub(super) fn archive(self) -> Result<PathBuf, String> {
        let busybox = BUSYBOX.folder()?;
        let mut roots = vec![busybox.clone()];
        if self == Image::PostgreSql {
            roots.push(POSTGRESQL.folder()?);
        }
        let named: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
        let key = Sha256::digest(format!("{RECIPE} {self:?} {}", named.join(" ")));
        let archive = servers::cache().join(format!("image-{}.tar", &hex::encode(key)[..12]));
        let lock = File::create(archive.with_extension("lock")).map_err(|error| error.to_string())?;
        lock.lock().map_err(|error| error.to_string())?;
        if !archive.is_file() {
            self.write(&roots, &archive)
                .map_err(|error| format!("the image {}: {error}", self.reference()))?;
        }
        Ok(archive)
    }

    fn write(self, roots: &[PathBuf], archive: &Path) -> std::io::Result<()> {
        let layer = layer(roots)?;
        let configuration = self.configuration(&layer).to_string().into_bytes();
        let name = format!("{}.json", hex::encode(Sha256::digest(&configuration)));
        let manifest = json!([{"Config": name, "RepoTags": [self.reference()], "Layers": ["layer.tar"]}]);
        let unfinished = archive.with_extension("unfinished");
        let mut tar = Builder::new(File::create(&unfinished)?);
        add_file(&mut tar, &name, &configuration, 0o644)?;
        add_file(&mut tar, "layer.tar", &layer, 0o644)?;
        add_file(&mut tar, "manifest.json", manifest.to_string().as_bytes(), 0o644)?;
        tar.into_inner()?;
        fs::rename(unfinished, archive)
    }

    fn configuration(self, layer: &[u8]) -> Value {
        let command = match self {
            Image::Pause => json!(["/bin/sleep", "infinity"]),
            Image::Busybox | Image::PostgreSql => json!(["/bin/sh"]),
        };
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(layer)));
        json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Entrypoint": command,
                "Env": ["PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/lib/postgresql/15/bin"],
                "WorkingDir": "/",
            },
            "rootfs": {"type": "layers", "diff_ids": [digest]},
        })
    }
}

/// The one layer of an image: what is in these folders, of which BusyBox is the first, users, and its tools.
fn layer(roots: &[PathBuf]) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    tar.mode(HeaderMode::Deterministic);
    tar.follow_symlinks(false);
    for folder in ["usr", "etc", "dev", "proc", "sys", "root", "run", "var", "data"] {
        add_folder(&mut tar, folder, 0o755)?;
    }
    add_folder(&mut tar, "tmp", 0o1777)?;
    for merged in ["bin", "sbin", "lib", "lib64"] {
        add_folder(&mut tar, &format!("usr/{merged}"), 0o755)?;
        add_link(&mut tar, merged, &format!("usr/{merged}"))?;
    }
    add_file(&mut tar, "etc/passwd", USERS.as_bytes(), 0o644)?;
    add_file(&mut tar, "etc/group", GROUPS.as_bytes(), 0o644)?;
    for root in roots {
        add_tree(&mut tar, root)?;
    }
    add_file(&mut tar, "usr/bin/bash", BASH.as_bytes(), 0o755)?;
    for tool in tools(&roots[0])? {
        add_link(&mut tar, &format!("usr/bin/{tool}"), "busybox")?;
    }
    tar.into_inner()
}

/// A tool of BusyBox that no test may call: it would freeze the machine's own file system.
const DANGEROUS: &str = "fsfreeze";

/// The tools of an unpacked BusyBox.
fn tools(busybox: &Path) -> std::io::Result<Vec<String>> {
    let listed = Command::new(busybox.join("bin/busybox")).arg("--list").output()?;
    let names = String::from_utf8_lossy(&listed.stdout);
    Ok(names
        .lines()
        .filter(|tool| !["busybox", DANGEROUS].contains(tool))
        .map(str::to_owned)
        .collect())
}

/// Documented hooks call `/bin/bash`; what they do there, every shell does.
const BASH: &str = "#!/bin/sh\nexec /bin/sh \"$@\"\n";

/// Which folders of a package come where: what is in `/bin` and `/lib` is in `/usr/bin` and `/usr/lib`, as Debian has it
/// since its release 12.
const KEPT: [(&str, &str); 9] = [
    ("bin", "usr/bin"),
    ("sbin", "usr/sbin"),
    ("lib", "usr/lib"),
    ("lib64", "usr/lib64"),
    ("usr/bin", "usr/bin"),
    ("usr/sbin", "usr/sbin"),
    ("usr/lib", "usr/lib"),
    ("usr/share/postgresql", "usr/share/postgresql"),
    ("usr/share/zoneinfo", "usr/share/zoneinfo"),
];

/// The files of unpacked packages, without what only people read.
fn add_tree(tar: &mut Builder<Vec<u8>>, root: &Path) -> std::io::Result<()> {
    for (folder, inside) in KEPT {
        let folder = root.join(folder);
        if folder.is_dir() {
            tar.append_dir_all(inside, folder)?;
        }
    }
    Ok(())
}

fn add_folder<W: std::io::Write>(tar: &mut Builder<W>, path: &str, mode: u32) -> std::io::Result<()> {
    let mut header = header(EntryType::Directory, mode, 0);
    tar.append_data(&mut header, format!("{path}/"), Cursor::new([]))
}

fn add_link<W: std::io::Write>(tar: &mut Builder<W>, path: &str, target: &str) -> std::io::Result<()> {
    tar.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target)
}

fn add_file<W: std::io::Write>(
    tar: &mut Builder<W>,
    path: &str,
    content: &[u8],
    mode: u32,
) -> std::io::Result<()> {
    let length = u64::try_from(content.len()).expect("a length");
    tar.append_data(
        &mut header(EntryType::Regular, mode, length),
        path,
        Cursor::new(content),
    )
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}
