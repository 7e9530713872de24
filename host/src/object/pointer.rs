//! JSON pointers, taken apart once for many objects.

use serde_json::{Map, Value};

/// A JSON pointer (RFC 6901). It leads where [`Value::pointer`] leads, without taking its text apart each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    /// Unescaped.
    name: String,
    /// The same as an index of a list, where it is one.
    index: Option<usize>,
}

impl Pointer {
    /// The pointer `text`; none where it is none. The empty text is the whole value.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Pointer(Vec::new()));
        }
        let segments = text.strip_prefix('/')?.split('/');
        Some(Pointer(segments.map(Segment::parse).collect()))
    }

    /// What it leads to in `value`.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, segment| match value {
            Value::Object(members) => member(members, &segment.name),
            Value::Array(elements) => elements.get(segment.index?),
            _ => None,
        })
    }

    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        self.0
            .iter()
            .map(|segment| size_of::<Segment>() + segment.name.len())
            .sum()
    }
}

/// Members up to which they are gone through one by one: that takes less time than to compute a digest of the name.
const FEW: usize = 8;

/// The member `name`.
pub(super) fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if members.len() > FEW {
        return members.get(name);
    }
    members
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

impl Segment {
    fn parse(text: &str) -> Self {
        let name = text.replace("~1", "/").replace("~0", "~");
        let is_index =
            text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        Segment {
            index: text.parse().ok().filter(|_| is_index),
            name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_pointer_begins_with_a_slash() {
        assert_eq!(Pointer::parse("spec/replicas"), None);
    }

    proptest! {
        #[test]
        fn it_leads_where_that_of_the_json_library_leads(pointer in "(/(a|b|~0|~1|~2|0|1|01|\\+1|-1|)){0,3}") {
            let list = json!([{"a": 1, "0": [2]}, [3, 4], "x"]);
            let value = json!({"a": list, "b": {"~": {"0": 5, "1": list, "01": 6, "": 7}, "/": 8}, "": {"": 9}, "~2": 0});
            let found = Pointer::parse(&pointer).unwrap();
            prop_assert_eq!(found.find(&value), value.pointer(&pointer));
        }
    }
}
