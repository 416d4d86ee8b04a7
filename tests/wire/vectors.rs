//! Requests whose end two programs may see at different places. Each carries a whole second request in what is, by the one
//! reading that RFC 9112 allows, its body or nothing at all.

use crate::site::{FORGOT_PASSWORD, FORM, HOST};

/// Who must never get a mail: only the smuggled request names them.
pub const VICTIM: &str = "victim@home.example";

pub struct Vector {
    pub family: &'static str,
    pub bytes: Vec<u8>,
}

/// The request that must not be heard.
fn smuggled() -> String {
    let body = format!("identifier={VICTIM}");
    format!(
        "POST {FORGOT_PASSWORD}?smuggled HTTP/1.1\r\n{HOST}{FORM}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn head(lines: &str) -> String {
    format!("POST {FORGOT_PASSWORD} HTTP/1.1\r\n{HOST}{FORM}{lines}\r\n\r\n")
}

pub fn all() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |family, texts: Vec<String>| {
        all.extend(texts.into_iter().map(|text| Vector { family, bytes: text.into_bytes() }));
    };
    add("CL.TE", cl_te());
    add("TE.CL", te_cl());
    add("lengths", lengths());
    add("chunks", chunks());
    add("heads", heads());
    add("unread bodies", unread());
    all
}

/// All of them are a `Transfer-Encoding` to somebody.
const ENCODINGS: [&str; 27] = [
    "Transfer-Encoding: chunked",
    "transfer-encoding: CHUNKED",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding : chunked",
    " Transfer-Encoding: chunked",
    "Transfer-Encoding\t: chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding:chunked \t",
    "Transfer-Encoding:\u{b}chunked",
    "Transfer-Encoding: \0chunked",
    "Transfer-Encoding: chunked\0",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding:",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: chunked,",
    "X: x\nTransfer-Encoding: chunked",
    "X: x\rTransfer-Encoding: chunked",
    "Transfer-Encoding: chunk\u{e9}d",
];

/// Who counts by `Content-Length` sees one request, who reads chunks sees two.
fn cl_te() -> Vec<String> {
    let body = format!("0\r\n\r\n{}", smuggled());
    let length = format!("Content-Length: {}", body.len());
    let both = |encoding: &&str| [format!("{length}\r\n{encoding}"), format!("{encoding}\r\n{length}")];
    ENCODINGS.iter().flat_map(both).map(|lines| head(&lines) + &body).collect()
}

/// Who reads chunks sees one request, who counts by `Content-Length` sees two.
fn te_cl() -> Vec<String> {
    let smuggled = smuggled();
    let size = format!("{:x}\r\n", smuggled.len());
    let body = format!("{size}{smuggled}\r\n0\r\n\r\n");
    let length = format!("Content-Length: {}", size.len());
    let both = |encoding: &&str| [format!("{length}\r\n{encoding}"), format!("{encoding}\r\n{length}")];
    let mut all: Vec<_> = ENCODINGS.iter().flat_map(both).map(|lines| head(&lines) + &body).collect();
    let old = head("Transfer-Encoding: chunked").replace("HTTP/1.1", "HTTP/1.0");
    all.push(old + &body);
    all
}

/// Who takes another length than what is sent, or none, sees two requests.
fn lengths() -> Vec<String> {
    let body = smuggled();
    let n = body.len();
    let lines = [
        format!("Content-Length: {n}\r\nContent-Length: {n}"),
        format!("Content-Length: {n}\r\nContent-Length: 0"),
        format!("Content-Length: 0\r\nContent-Length: {n}"),
        format!("Content-Length: {n}, {n}"),
        format!("Content-Length: {n}, 0"),
        format!("Content-Length: 0, {n}"),
        format!("Content-Length: +{n}"),
        format!("Content-Length: -{n}"),
        "Content-Length: -1".to_owned(),
        format!("Content-Length: {n} 0"),
        format!("Content-Length: 0 {n}"),
        format!("Content-Length:   {n}  "),
        format!("Content-Length: 0x{n:x}"),
        format!("Content-Length: {n}.0"),
        format!("Content-Length: {n}e0"),
        format!("Content-Length: 0{n}"),
        format!("Content-Length: {n}\0"),
        format!("Content-Length: \"{n}\""),
        format!("Content-Length: {n};"),
        format!("Content-Length : {n}"),
        format!("Content-Length\t: {n}"),
        format!(" Content-Length: {n}"),
        format!("Content-Length:\r\n {n}"),
        format!("Content-Length: {n}\r\n 0"),
        format!("Content-Length: 0\r\n{n}"),
        format!("Content-Length\0: {n}"),
        format!("Content-Length: 1844674407370955{}", 1616 + n),
        "Content-Length: 99999999999999999999".to_owned(),
        "Content-Length:".to_owned(),
        "Content-Length: \u{ff15}".to_owned(),
        "Content-Length: five".to_owned(),
        "Content-Length: NaN".to_owned(),
    ];
    lines.iter().map(|lines| head(lines) + &body).collect()
}

/// Who reads a broken chunk otherwise sees two requests.
fn chunks() -> Vec<String> {
    let smuggled = smuggled();
    let n = smuggled.len();
    let rest = format!("\r\n{smuggled}\r\n0\r\n\r\n");
    // What never ends is too long at some point.
    let endless = format!("\r\n{smuggled}{}", " ".repeat(20_000));
    let bodies = [
        format!("{n:x};a=b{rest}"),
        format!("{n:x};a=\"b\"{rest}"),
        format!("{n:x};a=\"b\nc\"{rest}"),
        format!("{n:x};\n{rest}"),
        format!("{n:x};{}{rest}", "a".repeat(20_000)),
        format!("0x{n:x}{rest}"),
        format!("+{n:x}{rest}"),
        format!("-{n:x}{rest}"),
        format!(" {n:x}{rest}"),
        format!("{n:x} {rest}"),
        format!("0{n:x}{rest}"),
        format!("{n:x}h{rest}"),
        format!("{n:x}\0{rest}"),
        format!("{n:x}_0{rest}"),
        rest.clone(),
        format!("1{n:016x}{rest}"),
        format!("fffffffffffffffff{rest}"),
        format!("ffffffffffffffff{endless}"),
        format!("7fffffffffffffff{endless}"),
        format!("{n:x}\n{smuggled}\r\n0\r\n\r\n"),
        format!("{n:x}\r{smuggled}\r\n0\r\n\r\n"),
        format!("{n:x}\r\n{smuggled}0\r\n\r\n"),
        format!("{n:x}\r\n{smuggled}XX0\r\n\r\n"),
        format!("{n:x}\r\n{smuggled}\n0\r\n\r\n"),
        format!("0\n\n{smuggled}"),
        format!("0\r\n\n{smuggled}"),
        format!("0\r\r{smuggled}"),
        format!("0;a\nb\r\n\r\n{smuggled}"),
        format!("0\r\nX : y\r\n\r\n{smuggled}"),
        format!("0\r\nX\0: y\r\n\r\n{smuggled}"),
        format!("0\r\n{}\r\n{smuggled}", "X: y\r\n".repeat(20_000)),
    ];
    bodies.iter().map(|body| head("Transfer-Encoding: chunked") + body).collect()
}

/// Heads that somebody reads as less, or more, than one.
fn heads() -> Vec<String> {
    let body = smuggled();
    let length = format!("Content-Length: {}", body.len());
    let lines = [
        format!("X: a\r\n {length}"),
        format!("X: a\0\r\n{length}"),
        format!("X\0: a\r\n{length}"),
        format!("X: a\rY: b\r\n{length}"),
        format!("X: a\r{length}"),
        format!("X: a\n{length}"),
        format!("X : a\r\n{length}"),
        format!("X y: a\r\n{length}"),
        format!(": a\r\n{length}"),
        format!("X\r\n{length}"),
        format!("{length}\r\nX: \u{7f}"),
        format!("{length}\r\nX: \u{1b}[2J"),
        format!("Connection: Content-Length\r\n{length}"),
        format!("Connection: close, Content-Length\r\n{length}"),
        format!(
            "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n{length}"
        ),
        format!("Expect: 100-continue\r\n{length}"),
        format!("Expect: 100-continue\r\nExpect: 100-continue\r\n{length}"),
        format!("Expect: 200-ok\r\n{length}"),
        format!("{}{length}", "X: y\r\n".repeat(200)),
    ];
    let mut all: Vec<_> = lines.iter().map(|lines| head(lines) + &body).collect();
    let usual = head(&length);
    let line = format!("POST {FORGOT_PASSWORD} HTTP/1.1");
    for other in [
        format!("POST {FORGOT_PASSWORD}"),
        format!("POST {FORGOT_PASSWORD} HTTP/0.9"),
        format!("POST {FORGOT_PASSWORD} HTTP/1.2"),
        format!("POST {FORGOT_PASSWORD} HTTP/1.10"),
        format!("POST {FORGOT_PASSWORD} HTTP/2.0"),
        format!("POST {FORGOT_PASSWORD} http/1.1"),
        format!("POST {FORGOT_PASSWORD} HTTP/1.1 HTTP/1.1"),
        format!("POST  {FORGOT_PASSWORD}  HTTP/1.1"),
        format!("POST\t{FORGOT_PASSWORD}\tHTTP/1.1"),
        format!("P\0ST {FORGOT_PASSWORD} HTTP/1.1"),
        format!(" POST {FORGOT_PASSWORD} HTTP/1.1"),
        format!("POST {FORGOT_PASSWORD}\0 HTTP/1.1"),
        "CONNECT portal.mercy.example:443 HTTP/1.1".to_owned(),
        "POST * HTTP/1.1".to_owned(),
    ] {
        all.push(usual.replace(&line, &other) + &body);
    }
    all.push(usual.replace("\r\n", "\n") + &body);
    all.push(format!("\r\n\r\n{usual}{body}"));
    all.push(format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{body}"));
    all
}

/// Whoever answers without reading the body must not take it for the next request.
fn unread() -> Vec<String> {
    let body = smuggled();
    let get = |method: &str, target: &str, more: &str| {
        format!("{method} {target} HTTP/1.1\r\n{HOST}{more}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let mut all: Vec<_> = ["GET", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE"]
        .iter()
        .map(|method| get(method, FORGOT_PASSWORD, ""))
        .collect();
    all.push(get("GET", "/nowhere", ""));
    all.push(get("GET", "/api/openapi.json", ""));
    all.push(get("POST", FORGOT_PASSWORD, "Content-Type: text/plain\r\n"));
    all.push(get("POST", FORGOT_PASSWORD, &format!("{FORM}Sec-Fetch-Site: cross-site\r\n")));
    all.push(get("POST", "/api/password-links", "Content-Type: application/json\r\nOrigin: null\r\n"));
    all.push(get("POST", FORGOT_PASSWORD, "Content-Type: text/plain\r\nExpect: 100-continue\r\n"));
    for (size, target) in [(20_000, FORGOT_PASSWORD), (1_000_000, FORGOT_PASSWORD), (20_000, "/api/link")] {
        let long = format!("{}{body}", "a".repeat(size));
        let kind = if target.starts_with("/api") { "Content-Type: application/json\r\n" } else { FORM };
        all.push(format!(
            "POST {target} HTTP/1.1\r\n{HOST}{kind}Content-Length: {}\r\n\r\n{long}",
            long.len()
        ));
    }
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    all.push(format!("GET {FORGOT_PASSWORD} HTTP/1.1\r\n{HOST}{chunked}"));
    all
}
