//! Of the gauntlet, class INJ: CVE-2021-38189, lettre before 0.9.6. What a mail says is no command to the server, wherever
//! it has a line with a dot alone.

use crate::server::{Server, Speaks};
use crate::*;
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

/// Sends a mail with this text.
trait Client {
    async fn send(&self, server: &Server, text: &str);
}

struct Regain;

impl Client for Regain {
    async fn send(&self, server: &Server, text: &str) {
        let mut mail = mail_to("ana@home.example").await;
        text.clone_into(&mut mail.text);
        sent(mailer(server, Speaks::Clear).send(&mail).await);
    }
}

/// lettre 0.9.5: its machine began anew at the first character after a line break, so that it missed a second line break
/// right after the first, and the dot after that.
struct Lettre;

impl Lettre {
    fn encoded(text: &str) -> Vec<u8> {
        let (mut out, mut seen) = (Vec::new(), 0);
        for byte in text.bytes() {
            seen = match (seen, byte) {
                (0, b'\r') => 1,
                (1, b'\n') => 2,
                (2, b'.') => {
                    out.push(b'.');
                    0
                }
                _ => 0,
            };
            out.push(byte);
        }
        out
    }
}

impl Client for Lettre {
    async fn send(&self, server: &Server, text: &str) {
        let mut stream = BufStream::new(TcpStream::connect(("127.0.0.1", server.port)).await.unwrap());
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        for command in ["HELO", "MAIL FROM:<portal@mercy.example>", "RCPT TO:<ana@home.example>", "DATA"] {
            stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            stream.read_line(&mut line).await.unwrap();
        }
        stream.write_all(&Self::encoded(&format!("Subject: Your link\r\n\r\n{text}"))).await.unwrap();
        stream.write_all(b"\r\n.\r\nQUIT\r\n").await.unwrap();
        stream.flush().await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
}

const COMMANDS: &str = "MAIL FROM:<mallory@evil.test>\r\nRCPT TO:<mallory@evil.test>\r\nDATA\r\nmore";

async fn check_dots(client: &impl Client) -> Result<(), String> {
    for before in
        ["a\r\n.\r\n", ".\r\n", "..\r\n.\r\n", "a\r\n..\r\n.b\r\n", "a\r\n\r\n.\r\n", "\r\n\r\n\r\n.\r\n"]
    {
        let (server, text) = (Server::start(Speaks::Clear, &[]).await, format!("{before}{COMMANDS}"));
        client.send(&server, &text).await;
        if server.heard(false, "MAIL FROM:<mallory") {
            return Err(format!("after {before:?} the text gives commands"));
        }
        let taken = server.taken();
        let [mail] = &taken[..] else { return Err(format!("{} mails were taken", taken.len())) };
        let read = MessageParser::default().parse(&mail.text).ok_or("no mail program reads it")?;
        let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        let arrived = lines(&read.body_text(0).unwrap_or_default());
        if arrived != lines(&text) {
            return Err(format!("{text:?} arrives as {arrived:?}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn inj_cve_2021_38189_lettre_commands_in_a_body() {
    check_dots(&Regain).await.unwrap();
    let why = check_dots(&Lettre).await.expect_err("the twin has the published fault, and is not caught");
    assert_eq!(why, "after \".\\r\\n\" the text gives commands");
}
