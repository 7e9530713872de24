//! The way through the tree of a snapshot.

use super::folder::Folder;
use super::node::{Maker, make_folder};
use super::work::Part;
use crate::vault::VaultError;
use rustic_core::TreeId;
use rustic_core::repofile::Node;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// A folder that was entered, and what of it is still to be made.
type Entered = (Arc<Folder>, std::vec::IntoIter<Node>);

/// Make all that is below `tree` in the root.
pub(super) fn make_tree(
    maker: &mut Maker<'_>,
    tree: TreeId,
    parts: &SyncSender<Part>,
) -> Result<(), VaultError> {
    let root = Arc::clone(&maker.root);
    let mut entered: Vec<Entered> = vec![enter(maker, root, &tree)?];
    while let Some((folder, nodes)) = entered.last_mut() {
        if maker.shared.has_ended() {
            return Ok(());
        }
        let Some(node) = nodes.next() else {
            if let Some((done, _)) = entered.pop() {
                Folder::release(done, &maker.shared.findings);
            }
            continue;
        };
        check_name(&node)?;
        match (node.is_dir(), node.subtree) {
            (true, Some(tree)) => {
                let made = Arc::new(make_folder(folder, &node)?);
                entered.push(enter(maker, made, &tree)?);
            }
            (true, None) => {
                return Err(VaultError::Damaged(format!(
                    "the folder '{}' has no contents",
                    node.name
                )));
            }
            (false, _) => maker.make(&Arc::clone(folder), node, parts)?,
        }
    }
    Ok(())
}

fn enter(maker: &Maker<'_>, folder: Arc<Folder>, tree: &TreeId) -> Result<Entered, VaultError> {
    let shared = maker.shared;
    let read = shared.repository.get_tree(tree);
    let nodes = read.map_err(|error| shared.error(&error))?.nodes;
    shared.count_folder();
    Ok((folder, nodes.into_iter()))
}

/// Refuse a name that leads out of its folder, which no program that copies writes.
fn check_name(node: &Node) -> Result<(), VaultError> {
    let name = node.name();
    let bytes = name.as_bytes();
    match bytes {
        b"" | b"." | b".." => {}
        _ if bytes.contains(&b'/') || bytes.contains(&0) => {}
        _ => return Ok(()),
    }
    Err(VaultError::Damaged(format!(
        "'{}' is no name of a file",
        node.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rustic_core::repofile::{Metadata, NodeType};
    use std::ffi::OsStr;

    #[rstest]
    #[case("a", true)]
    #[case("..a", true)]
    #[case("..", false)]
    #[case(".", false)]
    #[case("", false)]
    #[case("a/b", false)]
    #[case("/etc/passwd", false)]
    fn names_stay_in_their_folder(#[case] name: &str, #[case] is_fine: bool) {
        let node = Node::new_node(OsStr::new(name), NodeType::File, Metadata::default());
        assert_eq!(check_name(&node).is_ok(), is_fine);
    }
}
