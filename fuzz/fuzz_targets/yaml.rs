//! Any text as YAML. What is read is the same after it was written and read again.

#![no_main]

use lazarette::object::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    drop(yaml::parse_all(text));
    if let Ok(value) = yaml::parse(text) {
        let written = yaml::write(&value);
        assert_eq!(yaml::parse(&written).ok(), Some(value), "{written}");
    }
});
