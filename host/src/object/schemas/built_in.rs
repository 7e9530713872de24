//! The kinds that Kubernetes brings, from a table that `generate-schemas` makes of an API server's OpenAPI document.

use super::table::{Field, Table, TypeId};
use std::collections::HashMap;
use std::sync::OnceLock;

const TEXT: &str = include_str!("built_in.txt");
const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

struct BuiltIn {
    table: Table,
    metadata: Option<TypeId>,
}

/// The table, which is read on first use: many commands never need it.
pub(super) fn table() -> &'static Table {
    &built_in().table
}

/// The field at `pointer`, below `/metadata`, of an object of any kind.
pub(super) fn metadata(pointer: &str) -> Option<&'static Field> {
    let built_in = built_in();
    built_in
        .table
        .field_of(built_in.metadata?, pointer.strip_prefix("/metadata")?)
}

fn built_in() -> &'static BuiltIn {
    static BUILT_IN: OnceLock<BuiltIn> = OnceLock::new();
    BUILT_IN.get_or_init(|| read(TEXT))
}

/// Read the table. Its format is described in its first lines.
fn read(text: &str) -> BuiltIn {
    let mut table = Table::default();
    let mut types: HashMap<&str, TypeId> = HashMap::new();
    let mut current = None;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("type") => current = words.next().map(|name| type_id(&mut table, &mut types, name)),
            Some("kind") => {
                if let [Some(group), Some(version), Some(kind), Some(of)] = [(); 4].map(|()| words.next()) {
                    let of = type_id(&mut table, &mut types, of);
                    table.add_kind(if group == "-" { "" } else { group }, version, kind, of);
                }
            }
            Some(name) if !name.starts_with('#') => {
                if let (Some(owner), Some(shape), Some(of)) = (current, words.next(), words.next()) {
                    let of = (of != "-").then(|| type_id(&mut table, &mut types, of));
                    table.add_field(owner, name, field(shape, of, words));
                }
            }
            _ => {}
        }
    }
    BuiltIn {
        metadata: types.get(METADATA).copied(),
        table: table.finish(),
    }
}

fn type_id<'t>(table: &mut Table, types: &mut HashMap<&'t str, TypeId>, name: &'t str) -> TypeId {
    *types.entry(name).or_insert_with(|| table.add_type())
}

fn field<'t>(shape: &str, of: Option<TypeId>, attributes: impl Iterator<Item = &'t str>) -> Field {
    let mut field = Field {
        is_collection: shape != ".",
        of,
        ..Field::default()
    };
    for (name, value) in attributes.filter_map(|attribute| attribute.split_once('=')) {
        match name {
            "key" => field.merge_key = Some(value.to_owned()),
            "strategy" => field.strategy = Some(value.to_owned()),
            "list" => {
                let keys = value.split(',').filter(|key| !key.is_empty());
                field.list_keys = Some(keys.map(str::to_owned).collect());
            }
            _ => {}
        }
    }
    field
}
