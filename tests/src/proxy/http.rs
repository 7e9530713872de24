//! As much of HTTP/1.1 as it takes to know where a message ends (RFC 9112, section 6).

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The start line and the headers of a message.
pub struct Head {
    /// As it came, with the empty line.
    pub raw: Vec<u8>,
    lines: Vec<String>,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// By its length in bytes.
    Length(u64),
    /// By a chunk that is empty.
    Chunked,
    /// By the end of the connection.
    UntilClosed,
}

impl Head {
    /// Read a head; none where the connection ends before it begins.
    pub async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Self>> {
        let mut raw = Vec::new();
        let mut lines = Vec::new();
        loop {
            let begin = raw.len();
            if from.read_until(b'\n', &mut raw).await? == 0 {
                return if raw.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            match String::from_utf8_lossy(&raw[begin..]).trim_end() {
                "" => return Ok(Some(Head { raw, lines })),
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// Method and path of a request.
    pub fn request(&self) -> (&str, &str) {
        (self.word(0), self.word(1))
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.word(1).parse().unwrap_or_default()
    }

    /// How long the body of a request is.
    pub fn body_of_request(&self) -> Body {
        self.stated_body().unwrap_or(Body::Length(0))
    }

    /// How long the body of an answer is to a request with this method.
    pub fn body_of_answer(&self, method: &str) -> Body {
        if method == "HEAD" || matches!(self.status(), 100..200 | 204 | 304) {
            return Body::Length(0);
        }
        self.stated_body().unwrap_or(Body::UntilClosed)
    }

    /// The head as it came, but for the length of the body, which it states.
    pub fn with_length(&self, length: u64) -> Head {
        let mut lines = self.lines.clone();
        lines.retain(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-length:") && !line.starts_with("transfer-encoding:")
        });
        lines.push(format!("Content-Length: {length}"));
        let raw = format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes();
        Head { raw, lines }
    }

    /// Whether the connection ends after this message.
    pub fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn stated_body(&self) -> Option<Body> {
        let is_chunked = |value: &str| value.to_ascii_lowercase().ends_with("chunked");
        if self.header("transfer-encoding").is_some_and(is_chunked) {
            return Some(Body::Chunked);
        }
        self.header("content-length")?.parse().ok().map(Body::Length)
    }

    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.lines.iter().skip(1).filter_map(|line| line.split_once(':'));
        headers
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    fn word(&self, position: usize) -> &str {
        self.lines
            .first()
            .and_then(|line| line.split(' ').nth(position))
            .unwrap_or_default()
    }
}

/// The whole of a body, without what frames its chunks.
pub async fn collect(from: &mut (impl AsyncBufRead + Unpin), body: Body) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    match body {
        Body::Length(length) => {
            from.take(length).read_to_end(&mut whole).await?;
        }
        Body::UntilClosed => {
            from.read_to_end(&mut whole).await?;
        }
        Body::Chunked => loop {
            let mut line = String::new();
            from.read_line(&mut line).await?;
            let size = size_of_chunk(&line)?;
            if size > 0 {
                (&mut *from).take(size).read_to_end(&mut whole).await?;
            }
            // The end of the chunk, or of the last line: trailers are not sent to us.
            from.read_line(&mut line).await?;
            if size == 0 {
                break;
            }
        },
    }
    Ok(whole)
}

/// The size that the line before a chunk states.
fn size_of_chunk(line: &str) -> io::Result<u64> {
    let size = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Passes a message on, byte by byte, until it ends or so many bytes are through as the limit allows.
pub struct Copy<'w, W> {
    to: &'w mut W,
    left: u64,
    cut: bool,
}

impl<'w, W: AsyncWrite + Unpin> Copy<'w, W> {
    /// To `to`, at most `limit` bytes.
    pub fn new(to: &'w mut W, limit: u64) -> Self {
        Copy {
            to,
            left: limit,
            cut: false,
        }
    }

    /// Copy a head.
    ///
    /// # Errors
    /// `ConnectionAborted` when the limit is reached before its end.
    pub async fn head(&mut self, head: &Head) -> io::Result<()> {
        self.write(&head.raw).await
    }

    /// Whether the limit was reached before the end of what was copied.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Copy a whole body.
    ///
    /// # Errors
    /// `ConnectionAborted` when the limit is reached before the body's end.
    pub async fn body(&mut self, from: &mut (impl AsyncBufRead + Unpin), body: Body) -> io::Result<()> {
        match body {
            Body::Length(length) => self.bytes(from, length).await?,
            Body::UntilClosed => self.rest(from).await?,
            Body::Chunked => self.chunks(from).await?,
        }
        self.to.flush().await
    }

    async fn chunks(&mut self, from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
        loop {
            let line = self.line(from).await?;
            let size = size_of_chunk(&line)?;
            if size == 0 {
                break;
            }
            self.bytes(from, size).await?;
            self.line(from).await?;
            // What a watch says arrives when it is said.
            self.to.flush().await?;
        }
        // Trailers, if any, and the empty line.
        while !self.line(from).await?.trim().is_empty() {}
        Ok(())
    }

    async fn line(&mut self, from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
        let mut line = Vec::new();
        from.read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\n") {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.write(&line).await?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn bytes(&mut self, from: &mut (impl AsyncBufRead + Unpin), count: u64) -> io::Result<()> {
        let mut part = from.take(count);
        let before = self.left;
        self.rest(&mut part).await?;
        if before - self.left < count {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }

    async fn rest(&mut self, from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
        loop {
            let available = from.fill_buf().await?;
            if available.is_empty() {
                return Ok(());
            }
            let length = available.len();
            let bytes = available.to_vec();
            self.write(&bytes).await?;
            from.consume(length);
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        self.to.write_all(&bytes[..allowed]).await?;
        self.left -= allowed as u64;
        if allowed < bytes.len() {
            self.cut = true;
            self.to.flush().await?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}
