//! The server behind the proxy.

use crate::cluster::Cluster;
use crate::pki::Identity;
use crate::tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A server, and whether TLS is spoken with it and with the clients.
pub struct Upstream {
    address: SocketAddr,
    tls: Option<(TlsAcceptor, TlsConnector)>,
}

impl Upstream {
    /// A server that speaks plain HTTP.
    pub fn plain(address: SocketAddr) -> Self {
        Upstream { address, tls: None }
    }

    /// The API server of a cluster. The proxy has a certificate of the cluster's authority.
    pub fn cluster(cluster: &Cluster) -> Self {
        tls::install();
        let acceptor = acceptor(&cluster.authority().server("proxy", &[]));
        let connector = connector(&cluster.authority().certificate());
        Upstream {
            address: (Ipv4Addr::LOCALHOST, cluster.port()).into(),
            tls: Some((acceptor, connector)),
        }
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Speak with a client that has connected.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((acceptor, _)) => Box::new(acceptor.accept(stream).await?),
            None => Box::new(stream),
        })
    }

    /// Connect to the server.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((_, connector)) => {
                let name = ServerName::from(self.address.ip());
                Box::new(connector.connect(name, stream).await?)
            }
            None => Box::new(stream),
        })
    }
}

/// Neither side offers HTTP/2, so both speak 1.1.
fn acceptor(identity: &Identity) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    TlsAcceptor::from(Arc::new(config.expect("a certificate with its key")))
}

fn connector(authority: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
    roots.add(certificate).expect("a certificate of an authority");
    TlsConnector::from(Arc::new(
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    ))
}
