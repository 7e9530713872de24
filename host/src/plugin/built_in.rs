//! The plugins that ship with the host.

use super::Grants;

macro_rules! built_ins {
    ($($name:literal),* $(,)?) => {
        /// Their names.
        pub const BUILT_INS: &[&str] = &[$($name),*];

        /// The component of a built-in plugin.
        pub fn component(name: &str) -> Option<&'static [u8]> {
            match name {
                $($name => Some(include_bytes!(concat!("../../../plugins/dist/", $name, ".wasm"))),)*
                _ => None,
            }
        }
    };
}

built_ins!(
    "json-patch",
    "merge-patch",
    "strategic-merge-patch",
    "conflict-skip",
    "conflict-patch",
    "exec-hooks"
);

/// What the built-in modifiers are granted: a rule may rename an object or change its type, as in Velero.
pub fn modifier_grants() -> Grants {
    Grants(["object.rename", "object.retype"].map(str::to_owned).into())
}
