//! Which of the objects of a type one is, and the order in which an API server lists them.

use std::cmp::Ordering;

/// Which of the objects of a type one is.
///
/// The order is that in which an API server lists: by the text `NAMESPACE/NAME`, as etcd keeps it, so that the objects
/// of `shop-staging` come before those of `shop`. The objects of a namespace stand together, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// None for an object of the cluster as a whole.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl ObjectKey {
    /// The key of the object `name` in `namespace`, or of the cluster as a whole.
    pub fn new(namespace: Option<&str>, name: &str) -> Self {
        ObjectKey {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }
}

impl Ord for ObjectKey {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(
            (self.namespace.as_deref(), &self.name),
            (other.namespace.as_deref(), &other.name),
        )
    }
}

impl PartialOrd for ObjectKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compare namespaces and names in the order of [`ObjectKey`].
pub(super) fn compare(one: (Option<&str>, &str), other: (Option<&str>, &str)) -> Ordering {
    bytes(one).cmp(bytes(other))
}

/// The text by which the order is, without making it.
fn bytes<'a>((namespace, name): (Option<&'a str>, &'a str)) -> impl Iterator<Item = u8> + 'a {
    let namespace = namespace.map(|namespace| namespace.bytes().chain([b'/']));
    namespace.into_iter().flatten().chain(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn objects_stand_as_an_api_server_lists_them() {
        let key = |text: &str| match text.split_once('/') {
            Some((namespace, name)) => ObjectKey::new(Some(namespace), name),
            None => ObjectKey::new(None, text),
        };
        let ordered = [
            "shop-staging/web",
            "shop/api",
            "shop/web",
            "shop/web.b",
            "shop0/a",
            "web",
        ];
        assert!(ordered.map(key).is_sorted());
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_text(one in "[a-c-]{1,3}/[a-c.-]{1,3}", other in "[a-c-]{1,3}/[a-c.-]{1,3}") {
            let key = |text: &str| {
                let (namespace, name) = text.split_once('/').unwrap();
                ObjectKey::new(Some(namespace), name)
            };
            prop_assert_eq!(key(&one).cmp(&key(&other)), one.cmp(&other));
        }
    }
}
