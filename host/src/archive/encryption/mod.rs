//! Encryption of a backup before it leaves the machine: each file is one in the age format (<https://age-encryption.org/v1>),
//! which `age` decrypts too.
//!
//! Encrypted are the objects, the index, the lists and the manifest. What stays readable for everybody is the name of
//! the backup, the sizes of its files, and in the claim the time. Files keep their names: what is encrypted is known by
//! how it begins. age encrypts in chunks of 64 KiB that are decrypted one by one, so that ranges of a file are read
//! without the rest of it.

mod decrypting;
mod keys;
mod sealer;
mod window;

pub use decrypting::DecryptingStore;
pub use keys::{Identities, KeyError, Recipient, generate};

pub(super) use sealer::{Sealer, seal};

/// How every file begins that is encrypted.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";

/// Whether a file that begins with `bytes` is encrypted.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

#[cfg(test)]
mod tests;
