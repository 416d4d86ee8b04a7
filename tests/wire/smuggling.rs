//! Request smuggling (CWE-444): nothing that one program takes for a body is a request to this one.

use crate::naive::Naive;
use crate::site::{Answer, PROBE, Site, converse};
use crate::vectors::{VICTIM, Vector, all};
use regain::account::AddressOnFile;
use regain::identity::EmailAddress;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What came of a conversation.
pub struct Outcome {
    pub statuses: Vec<u16>,
    /// The requests that were heard, by method and target.
    pub heard: Vec<String>,
}

/// Something that listens.
pub trait Server {
    async fn play(&self, pieces: &[&[u8]]) -> Outcome;
}

/// The vector, and then one request more that ends the connection.
pub async fn play(address: SocketAddr, pieces: &[&[u8]]) -> Vec<u16> {
    let pieces = [pieces, &[PROBE.as_bytes()]].concat();
    Answer::all(&converse(address, &pieces).await).iter().map(|answer| answer.status).collect()
}

impl Server for Site {
    async fn play(&self, pieces: &[&[u8]]) -> Outcome {
        let statuses = play(self.address, pieces).await;
        Outcome { statuses, heard: self.heard() }
    }
}

/// Either it is refused and the connection ends, or it is the one request, and then comes the probe or nothing.
fn check(outcome: &Outcome) -> Result<(), String> {
    let Outcome { statuses, heard } = outcome;
    if let Some(status) = statuses.iter().find(|status| !(200..500).contains(*status)) {
        return Err(format!("answered with {status}"));
    }
    if heard.iter().any(|request| request.contains("smuggled")) {
        return Err("the smuggled request was heard".to_owned());
    }
    let refused = statuses.last().is_some_and(|status| (400..500).contains(status));
    match (&heard[..], statuses.len()) {
        ([], 1) if refused => Ok(()),
        // hyper leaves without a word where somebody speaks HTTP/2; `no_body_is_a_request` counts these.
        ([], 0) => Ok(()),
        // What is no request any more is refused, once.
        ([only], 1 | 2) if only != "GET /probe" && (statuses.len() == 1 || refused) => Ok(()),
        ([first, probe], 2) if first != "GET /probe" && probe == "GET /probe" => Ok(()),
        _ => Err(format!("{statuses:?} for {heard:?}")),
    }
}

async fn verdict(server: &impl Server, vector: &Vector, piece: usize) -> Result<(), String> {
    let pieces: Vec<_> = vector.bytes.chunks(piece).collect();
    check(&server.play(&pieces).await)
}

async fn site() -> Site {
    let site = Site::new().await;
    let address = EmailAddress::parse(VICTIM).expect("an address");
    site.world.person_with("Vic", |account| account.addresses = vec![AddressOnFile::Email(address)]).await;
    site
}

/// CL.TE, TE.CL, TE.TE, doubled and odd lengths, broken chunks, broken heads, bodies that nobody reads: in one piece, and in many.
#[tokio::test]
async fn no_body_is_a_request() {
    let site = site().await;
    let vectors = all();
    assert!(vectors.len() > 200, "{}", vectors.len());
    let (mut silent, mut refused, mut taken) = (0, 0, 0);
    for vector in &vectors {
        for piece in [usize::MAX, 7] {
            let pieces: Vec<_> = vector.bytes.chunks(piece.min(vector.bytes.len())).collect();
            // A long one in pieces of its own length says nothing more.
            if pieces.len() > 1_000 {
                continue;
            }
            let outcome = site.play(&pieces).await;
            let shown = || String::from_utf8_lossy(&vector.bytes).escape_debug().to_string();
            if let Err(why) = check(&outcome) {
                panic!("{}: {why}\n{}", vector.family, shown());
            }
            match (outcome.heard.len(), outcome.statuses.len()) {
                (0, 0) => silent += 1,
                (0, _) => refused += 1,
                _ => taken += 1,
            }
        }
        // The budgets of this one client are none of this test's business.
        site.world.clock.advance(time::Duration::HOUR);
    }
    assert!(silent <= 2 && refused > 100 && taken > 50, "{silent} silent, {refused} refused, {taken} taken");
    site.world.work().await;
    assert!(site.world.mailbox.mails().is_empty());
}

/// The smuggled request is one that counts: sent by itself, it brings a mail.
#[tokio::test]
async fn what_is_smuggled_would_bring_a_mail() {
    let site = site().await;
    let vector = all().into_iter().find(|vector| vector.family == "lengths").expect("one");
    let text = String::from_utf8(vector.bytes).expect("ASCII");
    let (_, smuggled) = text.split_once("\r\n\r\n").expect("a body");
    let outcome = site.play(&[smuggled.as_bytes()]).await;
    assert_eq!((outcome.statuses, outcome.heard.len()), (vec![200, 404], 2));
    site.world.work().await;
    assert_eq!(site.world.mailbox.to(VICTIM).len(), 1);
}

/// Servers with the published faults are caught, in each family.
#[tokio::test]
async fn naive_servers_are_caught() {
    let mut caught: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
    for (at, kind) in Naive::ALL.into_iter().enumerate() {
        let naive = kind.start().await;
        for vector in all() {
            let is_caught = verdict(&naive, &vector, vector.bytes.len()).await.is_err();
            caught.entry(vector.family).or_default()[at] += u32::from(is_caught);
        }
    }
    assert_eq!(caught.len(), 6);
    assert!(caught.values().all(|counts| counts.iter().any(|count| *count > 0)), "{caught:?}");
    // By the length alone, by chunks alone, by neither.
    assert!(
        caught["TE.CL"][0] > 20 && caught["CL.TE"][1] > 20 && caught["unread bodies"][2] > 5,
        "{caught:?}"
    );
}
