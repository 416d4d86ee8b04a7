//! The connection below TLS: on it the server may only speak when it was spoken to, and only so much.
//!
//! lettre keeps what a server sent in the clear past STARTTLS and takes it for later answers, as if they had come
//! encrypted. Each reading here gives one line at most, so that lettre never holds more; and what is left over when
//! it is our turn to speak was put there by somebody else (CVE-2011-0411 and its kin). And it reads a line whole before
//! it looks at its length: a server that never ends one would fill the memory.

use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake; no SMTP command begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Far more than all the answers to one mail, with the certificates.
const MAX_RECEIVED: usize = 1024 * 1024;

/// The server said more than that.
#[derive(Debug, thiserror::Error)]
#[error("the mail server says too much")]
pub(super) struct TooMuch;

/// The server spoke although it was not its turn.
#[derive(Debug, thiserror::Error)]
#[error("the mail server spoke out of turn")]
pub(super) struct OutOfTurn;

#[derive(Debug)]
pub(super) struct InTurn {
    stream: TcpStream,
    /// Read, but not given out yet.
    ahead: Vec<u8>,
    encrypted: bool,
    received: usize,
}

impl InTurn {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, ahead: Vec::new(), encrypted: false, received: 0 }
    }

    fn read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 1024];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        self.ahead.extend_from_slice(buffer.filled());
        Poll::Ready(self.count(buffer.filled().len()))
    }

    fn count(&mut self, bytes: usize) -> io::Result<()> {
        self.received += bytes;
        let enough = self.received > MAX_RECEIVED;
        if enough { Err(io::Error::new(io::ErrorKind::InvalidData, TooMuch)) } else { Ok(()) }
    }
}

impl AsyncRead for InTurn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.encrypted {
            let before = to.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, to))?;
            let bytes = to.filled().len() - before;
            return Poll::Ready(self.count(bytes));
        }
        if self.ahead.is_empty() {
            ready!(self.read_ahead(cx))?;
        }
        let line = self.ahead.iter().position(|byte| *byte == b'\n').map_or(self.ahead.len(), |end| end + 1);
        let line: Vec<u8> = self.ahead.drain(..line.min(to.remaining())).collect();
        to.put_slice(&line);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for InTurn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, OutOfTurn)));
        }
        self.encrypted |= bytes.first() == Some(&TLS_HANDSHAKE);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for InTurn {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
