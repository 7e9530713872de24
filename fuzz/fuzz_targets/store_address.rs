//! Any text as the address of a store, and as a shared access signature for it: it is opened, or an error says why not,
//! and does not show the signature.

#![no_main]

use lazarette::store::{AccessTier, Credential, StoreOptions, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (address, signature) = text.split_once('\n').unwrap_or((text, "sv=2024-11-04&se=2027-01-01&sp=rl&sig=c2VjcmV0"));
    let options = StoreOptions {
        credential: Credential::Sas,
        variables: [("AZURE_STORAGE_SAS_TOKEN", signature)].into_iter().collect(),
        ..StoreOptions::default()
    };
    match open(address, &options) {
        Ok(store) => assert_eq!(store.address(), address),
        Err(error) => {
            let (error, secret) = (error.to_string(), signature.rsplit("sig=").next().unwrap_or_default());
            assert!(secret.len() < 20 || address.contains(secret) || !error.contains(secret));
        }
    }
    if let Ok(credential) = text.parse::<Credential>() {
        assert_eq!(credential.to_string().parse::<Credential>().ok(), Some(credential));
    }
    let _ = text.parse::<AccessTier>();
});
