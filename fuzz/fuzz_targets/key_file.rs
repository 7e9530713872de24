//! Any bytes as a file with keys: it is read, or an error says what is wrong, and shows nothing of it.

#![no_main]

use lazarette::archive::{Identities, PublicKey, Recipient, SigningKey};
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static FILE: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("k"));

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("a file");
    let errors = [
        Identities::read(&FILE).err().map(|error| error.to_string()),
        SigningKey::read(&FILE).err().map(|error| error.to_string()),
        PublicKey::read(&FILE).err().map(|error| error.to_string()),
    ];
    let text = String::from_utf8_lossy(bytes);
    for error in errors.into_iter().flatten() {
        // A secret is longer than any word of a message.
        let shown = text.lines().any(|line| line.len() > 40 && error.contains(line));
        assert!(!shown, "{error}");
    }
    if let Ok(recipient) = text.parse::<Recipient>() {
        assert_eq!(recipient.to_string().parse(), Ok(recipient));
    }
});
