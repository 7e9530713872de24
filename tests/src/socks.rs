//! A SOCKS5 proxy, as `ssh -D` makes one on the way to a private cluster.

use crate::cluster::free_ports;
use crate::node::packages;
use crate::processes::{Server, Workshop};
use crate::wait;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// A running proxy, which is gone when this is dropped or the process ends.
pub struct SocksProxy {
    address: String,
    server: Server,
}

impl SocksProxy {
    /// A proxy on a free port of the loopback interface that serves everybody; none where the machine has no packages of
    /// Debian, which is said.
    pub fn start() -> Option<Self> {
        let folder = match packages::SOCKS.folder() {
            Ok(folder) => folder,
            Err(reason) => {
                // Straight to the terminal: a test's own output is shown only when it fails.
                let _ = writeln!(io::stderr(), "skipped: tests that need a SOCKS5 proxy: {reason}");
                return None;
            }
        };
        let [port] = free_ports();
        let port = port.to_string();
        let arguments = ["-i", "127.0.0.1", "-p", &port];
        let server = Server::new(
            &Arc::new(Workshop::new()),
            "microsocks",
            folder.join("usr/bin/microsocks"),
            arguments.map(OsString::from).to_vec(),
        );
        server.start();
        let address = format!("127.0.0.1:{port}");
        wait::until("the proxy listens", || TcpStream::connect(&address).ok());
        Some(SocksProxy { address, server })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A line for each connection that it made, with the server's name as it was asked for.
    pub fn log(&self) -> String {
        self.server.log()
    }
}
