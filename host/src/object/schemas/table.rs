//! Types, their fields that are merged, and the kinds that have them.

use std::collections::BTreeMap;

/// Types and kinds.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The fields of each type that are merged, or lead to such.
    types: Vec<BTreeMap<Box<str>, Field>>,
    /// Ordered by group, kind and version once the table is finished.
    kinds: Vec<Kind>,
}

/// The index of a type in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeId(usize);

/// A field.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    /// Whether it is a list or map: then `of` is the type of what is in it.
    pub(super) is_collection: bool,
    /// The type of its value, where that has fields that matter.
    pub(super) of: Option<TypeId>,
    /// The merge key of strategic merge patches.
    pub(super) merge_key: Option<String>,
    /// The strategies of strategic merge patches.
    pub(super) strategy: Option<String>,
    /// What identifies the elements of a list; empty for a set.
    pub(super) list_keys: Option<Vec<String>>,
}

/// A kind of objects.
#[derive(Clone, Debug)]
struct Kind {
    group: Box<str>,
    kind: Box<str>,
    version: Box<str>,
    of: TypeId,
}

impl Table {
    /// A new type without fields.
    pub(super) fn add_type(&mut self) -> TypeId {
        self.types.push(BTreeMap::new());
        TypeId(self.types.len() - 1)
    }

    /// Give the type `of` a field.
    pub(super) fn add_field(&mut self, of: TypeId, name: &str, field: Field) {
        if let Some(fields) = self.types.get_mut(of.0) {
            fields.insert(name.into(), field);
        }
    }

    /// Whether the type `of` has no fields that matter.
    pub(super) fn is_plain(&self, of: TypeId) -> bool {
        self.types.get(of.0).is_none_or(BTreeMap::is_empty)
    }

    /// Say which type the objects of a kind have.
    pub(super) fn add_kind(&mut self, group: &str, version: &str, kind: &str, of: TypeId) {
        self.kinds.push(Kind {
            group: group.into(),
            kind: kind.into(),
            version: version.into(),
            of,
        });
    }

    /// The table, once everything has been added: kinds can be found in it.
    pub(super) fn finish(mut self) -> Self {
        self.kinds.sort_by(|one, other| one.order().cmp(&other.order()));
        self
    }

    /// Whether some version of the kind is here.
    pub(super) fn has_kind(&self, group: &str, kind: &str) -> bool {
        self.versions(group, kind).next().is_some()
    }

    /// The field at `pointer` of a kind: in this version, or else in another one, as fields rarely change how they are
    /// merged.
    pub(super) fn field(&self, group: &str, version: &str, kind: &str, pointer: &str) -> Option<&Field> {
        let exact = self
            .versions(group, kind)
            .find(|known| known.version.as_ref() == version);
        let of = exact.or_else(|| self.versions(group, kind).last())?.of;
        self.field_of(of, pointer)
    }

    /// The field at `pointer` of a type. Any segment stands for the elements of a list and the members of a map.
    pub(super) fn field_of(&self, mut of: TypeId, pointer: &str) -> Option<&Field> {
        let mut segments = pointer.strip_prefix('/')?.split('/');
        loop {
            let field = self.types.get(of.0)?.get(segments.next()?)?;
            if field.is_collection && segments.clone().next().is_some() {
                segments.next();
                segments.clone().next()?;
            }
            if segments.clone().next().is_none() {
                return Some(field);
            }
            of = field.of?;
        }
    }

    fn versions(&self, group: &str, kind: &str) -> impl Iterator<Item = &Kind> {
        let first = self
            .kinds
            .partition_point(|known| known.order() < (group, kind, ""));
        let fits = move |known: &&Kind| known.group.as_ref() == group && known.kind.as_ref() == kind;
        self.kinds.iter().skip(first).take_while(fits)
    }
}

impl Kind {
    fn order(&self) -> (&str, &str, &str) {
        (&self.group, &self.kind, &self.version)
    }
}
