//! Any bytes as the manifest of a backup. What is read can be written and read again.

#![no_main]

use lazarette::archive::{BackupName, Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let name: BackupName = "nightly".parse().expect("a name");
    if let Ok(manifest) = Manifest::unseal(bytes, &name) {
        let sealed = manifest.seal(None).expect("bytes");
        assert!(Manifest::unseal(&sealed, &name).is_ok());
    }
});
