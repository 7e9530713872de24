//! Commands in pods that nobody runs: an answer to `exec` over WebSocket (RFC 6455) that says that the command ended well.

use super::http::Head;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};

/// What a server proves with that it speaks WebSocket.
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The status channel, and what it says of a command that ended with 0.
const SUCCESS: &[u8] = b"\x03{\"metadata\":{},\"status\":\"Success\"}";

/// The frame that ends a WebSocket, with the code for a usual end.
const CLOSE: [u8; 4] = [0x88, 2, 0x03, 0xe8];

/// Agree to the upgrade that `head` asks for, and say after some time that the command ended well.
pub(super) async fn succeed<S>(client: &mut S, head: &Head, after: Duration) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let key = head.header("sec-websocket-key").unwrap_or_default();
    let proof = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{MAGIC}").as_bytes());
    let offered = head.header("sec-websocket-protocol").unwrap_or_default();
    let protocol = offered.split(',').next().unwrap_or_default().trim();
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n",
        BASE64_STANDARD.encode(proof)
    );
    client.write_all(answer.as_bytes()).await?;
    client.flush().await?;
    tokio::time::sleep(after).await;
    let length = u8::try_from(SUCCESS.len()).expect("a short frame");
    client.write_all(&[0x82, length]).await?;
    client.write_all(SUCCESS).await?;
    client.write_all(&CLOSE).await?;
    client.flush().await?;
    copy(client, &mut sink()).await.map(drop)
}
