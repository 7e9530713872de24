//! Any text as the file in which an operator configures plugins: it is read or refused, and a refusal names the file and a
//! line.

#![no_main]

use lazarette::cli::plugins_file::PluginsFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match PluginsFile::parse(text, "plugins.toml") {
        Ok(file) => assert!(file.plugins.is_sorted_by(|(one, _), (other, _)| one < other)),
        Err(problem) => assert!(problem.to_string().starts_with("plugins.toml:"), "{problem}"),
    }
});
