//! Messages of the protocols `v4.channel.k8s.io` and `v5.channel.k8s.io`: a byte that names the channel, then the data.
//! See `k8s.io/apimachinery/pkg/util/remotecommand` and the enhancement proposal KEP-4006.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
/// How the command ended, as a `Status`.
const STATUS: u8 = 3;
/// From v5 on: the channel that the next byte names is at its end.
const CLOSE: u8 = 255;

/// What a message of the server means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A piece of standard output.
    Stdout(Bytes),
    /// A piece of standard error.
    Stderr(Bytes),
    /// How the command ended, in JSON.
    Status(Bytes),
    /// The server ends the connection, for this reason.
    Closed(String),
}

/// Read a message. None where it says nothing: the first message of each channel is empty, and what is not known is let
/// go by, as servers may get more channels.
pub(super) fn read(message: Message) -> Option<Frame> {
    match message {
        Message::Binary(bytes) => {
            let channel = *bytes.first()?;
            let data = bytes.slice(1..);
            match channel {
                _ if data.is_empty() => None,
                STDOUT => Some(Frame::Stdout(data)),
                STDERR => Some(Frame::Stderr(data)),
                STATUS => Some(Frame::Status(data)),
                _ => None,
            }
        }
        Message::Close(frame) => {
            let reason = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
            Some(Frame::Closed(reason))
        }
        _ => None,
    }
}

/// A message with a piece of standard input.
pub(super) fn stdin(data: &[u8]) -> Message {
    let mut message = Vec::with_capacity(data.len() + 1);
    message.push(STDIN);
    message.extend_from_slice(data);
    Message::binary(message)
}

/// The message that standard input is at its end. Only v5 knows it.
pub(super) fn end_of_stdin() -> Message {
    Message::binary(vec![CLOSE, STDIN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    fn data(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[rstest]
    #[case::stdout(Message::binary(&b"\x01a"[..]), Some(Frame::Stdout(data("a"))))]
    #[case::stderr(Message::binary(&b"\x02a"[..]), Some(Frame::Stderr(data("a"))))]
    #[case::status(Message::binary(&b"\x03{}"[..]), Some(Frame::Status(data("{}"))))]
    #[case::first(Message::binary(&b"\x01"[..]), None)]
    #[case::empty(Message::binary(&b""[..]), None)]
    #[case::closed_channel(Message::binary(&b"\xff\x01"[..]), None)]
    #[case::unknown(Message::binary(&b"\x09a"[..]), None)]
    #[case::text(Message::text("\u{1}a"), None)]
    #[case::ping(Message::Ping(Bytes::new()), None)]
    #[case::close(Message::Close(None), Some(Frame::Closed(String::new())))]
    #[case::close_with_reason(
        Message::Close(Some(CloseFrame { code: CloseCode::Error, reason: "gone".into() })),
        Some(Frame::Closed("gone".to_owned()))
    )]
    fn messages_are_read(#[case] message: Message, #[case] expected: Option<Frame>) {
        assert_eq!(read(message), expected);
    }
}
