//! Any texts as selectors, patterns and filters.

#![no_main]

use lazarette::object::{Glob, GroupResource, LabelSelector};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str)| {
    let (text, name) = data;
    if let Ok(selector) = LabelSelector::parse(text) {
        selector.matches([("app", name), (name, "web")]);
    }
    if let Ok(json) = serde_json::from_str(text)
        && let Ok(selector) = LabelSelector::from_json(&json)
    {
        selector.matches([("app", name)]);
    }
    for separator in [None, Some('.')] {
        if let Ok(glob) = Glob::new(text, separator) {
            glob.is_match(name);
        }
    }
    if let Ok(of) = text.parse::<GroupResource>() {
        assert_eq!(of.to_string().parse::<GroupResource>().ok(), Some(of));
    }
});
