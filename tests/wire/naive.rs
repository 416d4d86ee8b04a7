//! Servers with the published faults: each has its own idea of where a request ends, and keeps the connection in any case.

use crate::site::{Heard, PROBE};
use crate::smuggling::{Outcome, Server, play};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naive {
    /// By the first number in the first `Content-Length`, whatever is beside it.
    Length,
    /// By chunks, where the word is anywhere in the head.
    Chunks,
    /// There are no bodies.
    Nothing,
}

pub struct Running {
    address: SocketAddr,
    heard: Heard,
}

impl Naive {
    pub const ALL: [Self; 3] = [Self::Length, Self::Chunks, Self::Nothing];

    pub async fn start(self) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let running =
            Running { address: listener.local_addr().expect("an address"), heard: Heard::default() };
        let heard = running.heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                self.serve(stream, &heard).await;
            }
        });
        running
    }

    /// All has come with the probe; what is no whole request by then is given up.
    async fn serve(self, mut stream: TcpStream, heard: &Heard) {
        let (mut bytes, mut piece) = (Vec::new(), vec![0; 65_536]);
        while !bytes.ends_with(PROBE.as_bytes()) {
            match stream.read(&mut piece).await {
                Ok(read) if read > 0 => bytes.extend(&piece[..read]),
                _ => return,
            }
        }
        while let Some((head, body)) = head(&bytes) {
            let Some(length) = self.length(&head, &bytes[body..]) else { return };
            bytes.drain(..body + length);
            let mut line = head.split_whitespace();
            let said = [line.next(), line.next()].map(Option::unwrap_or_default).join(" ");
            heard.lock().expect("no panic").push(said);
            let answer = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            if answer.is_err() {
                return;
            }
        }
    }

    /// How long the body is, if it is there.
    fn length(self, head: &str, body: &[u8]) -> Option<usize> {
        let small = head.to_ascii_lowercase();
        let length = match self {
            Self::Chunks if small.contains("chunked") => return chunks(body),
            Self::Nothing => 0,
            _ => small.split_once("content-length").map_or(0, |(_, rest)| first_number(rest)),
        };
        (body.len() >= length).then_some(length)
    }
}

/// The head, and where the body begins.
fn head(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(2).position(|window| window == b"\n\n").map(|at| at + 2);
    let usual = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    let end = end.into_iter().chain(usual).min()?;
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), end))
}

fn first_number(text: &str) -> usize {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Sizes as C's `strtoul` reads them, and any line end.
fn chunks(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = body[at..].iter().position(|byte| *byte == b'\n')?;
        let size = String::from_utf8_lossy(&body[at..at + line]).trim().replace("0x", "");
        let digits: String = size.chars().take_while(char::is_ascii_hexdigit).collect();
        let digits = digits.get(digits.len().saturating_sub(8)..).unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).unwrap_or(0);
        at += line + 1;
        let end = body[at + size.min(body.len() - at)..].iter().position(|byte| *byte == b'\n')?;
        at += size.min(body.len() - at) + end + 1;
        if size == 0 {
            return Some(at);
        }
    }
}

impl Server for Running {
    async fn play(&self, pieces: &[&[u8]]) -> Outcome {
        let statuses = play(self.address, pieces).await;
        Outcome { statuses, heard: std::mem::take(&mut *self.heard.lock().expect("no panic")) }
    }
}
