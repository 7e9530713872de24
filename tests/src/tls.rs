//! TLS.

/// Make ring the provider of cryptography of this process, as the program does at its start.
pub fn install() {
    // It fails only where one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
