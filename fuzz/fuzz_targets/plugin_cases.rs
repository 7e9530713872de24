//! Any text as a file of cases for a plugin: it is read or refused, and a refusal names the file and a line.

#![no_main]

use lazarette::authoring::CaseFile;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    match CaseFile::parse(Path::new("cases/mine.yaml"), text.to_owned()) {
        Ok(file) => assert!(file.cases.iter().all(|case| case.line > 0)),
        Err(error) => assert!(error.to_string().starts_with("cases/mine.yaml:"), "{error}"),
    }
});
