//! A command that runs in a container, as seen from here: what it writes, what it reads, and how it ends.

use super::protocol::{self, Frame};
use super::{ExecError, status};
use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Longest message that is read. Nodes send at most 32 KiB at once.
const LONGEST_MESSAGE: usize = 1 << 20;

/// Messages that are held for whoever reads them; then the command waits until it is read.
const HELD: usize = 32;

/// Standard input is cut into messages of this size, as nodes read them.
const STDIN_PIECE: usize = 32 << 10;

/// How often the server is asked to answer, so that nobody on the way takes a silent command for a dead one: load
/// balancers cut what is silent for one to four minutes, we for 75 seconds.
const PING: Duration = Duration::from_secs(20);

/// What a command does.
#[derive(Debug)]
pub enum ProcessEvent {
    /// It wrote to standard output.
    Stdout(Bytes),
    /// It wrote to standard error.
    Stderr(Bytes),
    /// It ended with an exit code, 128 + n where signal n ended it; or it is not known whether it did. The last event.
    Ended(Result<i32, ExecError>),
}

/// A command that runs. Dropping it lets go of it, which does not end the command.
#[derive(Debug)]
pub struct Process {
    events: mpsc::Receiver<ProcessEvent>,
    stdin: Option<mpsc::Sender<Input>>,
    can_end_stdin: bool,
    pump: JoinHandle<()>,
}

/// A piece of standard input, and whom to tell that it is sent.
type Input = (Vec<u8>, oneshot::Sender<()>);

impl Drop for Process {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Process {
    pub(super) fn new(upgraded: kube::client::Connection, has_stdin: bool) -> Self {
        let can_end_stdin = upgraded.supports_stream_close();
        // Nothing was read yet, so nothing is lost where the stream is taken out.
        let stream = upgraded.into_stream().into_inner();
        let (to_process, stdin) = mpsc::channel(1);
        let (to_reader, events) = mpsc::channel(HELD);
        Process {
            events,
            stdin: has_stdin.then_some(to_process),
            can_end_stdin,
            pump: tokio::spawn(pump(stream, stdin, to_reader, has_stdin && can_end_stdin)),
        }
    }

    /// What it does next. Nothing is lost where this is given up while it waits.
    pub async fn next(&mut self) -> ProcessEvent {
        self.events
            .recv()
            .await
            .unwrap_or_else(|| ProcessEvent::Ended(Err(ExecError::Broken("it has ended".to_owned()))))
    }

    /// Write to standard input; ready when it is sent.
    pub async fn write(&mut self, data: Vec<u8>) -> Result<(), ExecError> {
        let closed = || ExecError::Broken("standard input is closed".to_owned());
        let stdin = self.stdin.as_ref().ok_or_else(closed)?;
        let (told, sent) = oneshot::channel();
        stdin.send((data, told)).await.map_err(|_| closed())?;
        sent.await.map_err(|_| closed())
    }

    /// Whether the command can learn that its standard input is at its end: not in v4, which servers before Kubernetes
    /// 1.30 speak.
    pub fn can_end_stdin(&self) -> bool {
        self.can_end_stdin
    }

    /// Standard input is at its end.
    pub fn end_stdin(&mut self) {
        self.stdin = None;
    }
}

/// Carry messages between a socket and a [`Process`] until the command ends.
async fn pump<S>(
    stream: S,
    stdin: mpsc::Receiver<Input>,
    events: mpsc::Sender<ProcessEvent>,
    ends_stdin: bool,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    let (sink, messages) = socket.split();
    // A socket that takes nothing any more may still have the end of the command to tell.
    let sending = async {
        let _ = send(sink, stdin, ends_stdin).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        end = receive(messages, &events) => {
            let _ = events.send(ProcessEvent::Ended(end)).await;
        }
        () = sending => {}
    }
}

async fn receive(
    mut messages: impl Stream<Item = Result<Message, Error>> + Unpin,
    events: &mpsc::Sender<ProcessEvent>,
) -> Result<i32, ExecError> {
    let no_reader = |_| ExecError::Broken("nobody reads what it writes".to_owned());
    while let Some(message) = messages.next().await {
        let message = message.map_err(|error| ExecError::Broken(error.to_string()))?;
        match protocol::read(message) {
            Some(Frame::Stdout(data)) => {
                events.send(ProcessEvent::Stdout(data)).await.map_err(no_reader)?;
            }
            Some(Frame::Stderr(data)) => {
                events.send(ProcessEvent::Stderr(data)).await.map_err(no_reader)?;
            }
            Some(Frame::Status(json)) => return status::exit_code(&json),
            Some(Frame::Closed(reason)) if !reason.is_empty() => return Err(ExecError::Broken(reason)),
            Some(Frame::Closed(_)) | None => {}
        }
    }
    let message = "the server closed it before it said how the command ended";
    Err(ExecError::Broken(message.to_owned()))
}

/// Send standard input, and pings in between, for as long as the socket takes them.
async fn send<Socket>(mut sink: Socket, stdin: mpsc::Receiver<Input>, ends_stdin: bool) -> Result<(), Error>
where
    Socket: Sink<Message, Error = Error> + Unpin,
{
    let mut stdin = Some(stdin);
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let input = async {
            match &mut stdin {
                Some(stdin) => stdin.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = input => match input {
                Some((data, told)) => {
                    for piece in data.chunks(STDIN_PIECE) {
                        sink.feed(protocol::stdin(piece)).await?;
                    }
                    sink.flush().await?;
                    let _ = told.send(());
                }
                None => {
                    stdin = None;
                    if ends_stdin {
                        sink.send(protocol::end_of_stdin()).await?;
                    }
                }
            },
            _ = pings.tick() => sink.send(Message::Ping(Bytes::new())).await?,
        }
    }
}
