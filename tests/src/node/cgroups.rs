//! The control groups of a node's pods. They outlive processes, so they are removed by name.

use crate::processes::Workshop;
use std::fs;
use std::path::{Path, PathBuf};

/// Where they are mounted.
const ROOT: &str = "/sys/fs/cgroup";

/// What containers need of the second version, where a group has what its parent hands down.
const CONTROLLERS: &str = "+cpuset +cpu +io +memory +pids";

/// Make the group `name` in every hierarchy of the machine. It is removed when the workshop is.
///
/// # Errors
/// Why it cannot be made.
pub fn make(workshop: &Workshop, name: &str) -> Result<(), String> {
    let folders: Vec<PathBuf> = hierarchies()?.into_iter().map(|root| root.join(name)).collect();
    folders
        .iter()
        .for_each(|folder| workshop.remove_control_group(folder));
    for folder in &folders {
        let made = fs::create_dir(folder);
        made.map_err(|error| format!("no control group {}: {error}", folder.display()))?;
    }
    Ok(())
}

/// Every hierarchy of version 1, or the one of version 2.
fn hierarchies() -> Result<Vec<PathBuf>, String> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").is_file() {
        let handed_down = fs::write(root.join("cgroup.subtree_control"), CONTROLLERS);
        handed_down.map_err(|error| format!("control groups get no controllers: {error}"))?;
        return Ok(vec![root.to_owned()]);
    }
    let mounted = fs::read_dir(root).into_iter().flatten().flatten();
    let found: Vec<PathBuf> = mounted
        .map(|entry| entry.path())
        .filter(|path| path.join("cgroup.procs").is_file())
        .collect();
    match found.is_empty() {
        true => Err(format!("no control groups are mounted in {ROOT}")),
        false => Ok(found),
    }
}
