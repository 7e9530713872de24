//! Certificates for servers on the loopback interface and their clients.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

/// An authority that signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, in PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key, in PKCS #8.
    pub key: String,
}

impl Authority {
    /// A new authority.
    pub fn new(name: &str) -> Self {
        let mut parameters = parameters(name, None);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(parameters, key_pair()).expect("a certificate");
        Authority { issuer }
    }

    /// Its certificate, in PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// Its private key, in PEM.
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A certificate for a server on the loopback interface. `names` are further host names and addresses.
    pub fn server(&self, name: &str, names: &[&str]) -> Identity {
        let mut parameters = parameters(name, None);
        let names = ["localhost", "127.0.0.1"].iter().chain(names);
        let alternatives = CertificateParams::new(names.map(ToString::to_string).collect::<Vec<_>>());
        parameters.subject_alt_names = alternatives.expect("names of hosts").subject_alt_names;
        self.sign(parameters, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a user of Kubernetes, who may be in a group.
    pub fn client(&self, name: &str, group: Option<&str>) -> Identity {
        self.sign(parameters(name, group), ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// The same, expired years ago.
    pub fn expired_client(&self, name: &str, group: Option<&str>) -> Identity {
        let mut parameters = parameters(name, group);
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2021, 1, 1);
        self.sign(parameters, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(&self, mut parameters: CertificateParams, usage: ExtendedKeyUsagePurpose) -> Identity {
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![usage];
        let key = key_pair();
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A new key: private, and public, in PEM. Service account tokens are signed with one.
pub fn key() -> (String, String) {
    let key = key_pair();
    (key.serialize_pem(), key.public_key_pem())
}

fn key_pair() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn parameters(name: &str, group: Option<&str>) -> CertificateParams {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    if let Some(group) = group {
        subject.push(DnType::OrganizationName, group);
    }
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject;
    parameters
}
