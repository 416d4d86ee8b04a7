//! The outbox and the mail system: every queued mail is one message, to an address on file, until it is settled.

use super::commits::is_prompt;
use super::legal::tokens_in;
use super::{Book, Oracle, short, text};
use crate::clock::NodeClock;
use crate::profile::Clocks;
use regain::clock::Timestamp;
use regain::ids::{AccountId, FlowId, MailId};
use regain::mail::Message;
use regain::store::{Claim, Commit, MailOutcome, MailSettlement, OutboxMail};

/// A queued mail, and what came of it.
pub struct MailSeen {
    flow: FlowId,
    letter: String,
    /// Whose it is: of one account, or of all that share an address.
    accounts: Vec<AccountId>,
    since: u64,
    /// From when on its addresses may have been read, where no ask was before it.
    read_since: u64,
    created_at: i64,
    attempts: u32,
    pub due_at: Timestamp,
    pub waits: bool,
    content: Option<(String, String)>,
    taken: u32,
    refused: bool,
    outcome: Option<&'static str>,
}

impl Oracle {
    pub(super) fn queued(&self, book: &mut Book, clock: &NodeClock, commit: &Commit) {
        let doing = self.stage.doing();
        let by_worker = doing.what == "worker";
        for mail in &commit.mails {
            let event = self.stage.event();
            let is_about = |line: &&regain::audit::AuditRecord| match &*mail.letter {
                "shared_links" => line.event == "password.link_sent",
                "hold_placed" => line.event == "account.disowned",
                "case_opened" | "case_waiting" | "case_decided" => line.event.starts_with("case."),
                _ => line.flow == mail.flow && !line.event.ends_with(".left_out"),
            };
            let names = commit.audit.iter().filter(is_about).filter_map(|line| line.account);
            let mut accounts: Vec<AccountId> =
                names.filter_map(|name| book.pseudonyms.get(name.as_bytes()).cloned()).collect();
            accounts.dedup();
            self.hold("a mail is for a known account", !accounts.is_empty(), || mail.letter.clone());
            let shared = mail.letter == "shared_links";
            self.hold("a mail is for one account, or shared", shared || accounts.len() == 1, || {
                mail.letter.clone()
            });
            self.hold("a mail is queued once", !book.mails.contains_key(&mail.id), || short(mail.id));
            // A letter to all addresses of an account counts once.
            let first = commit.mails.iter().find(|other| other.flow == mail.flow);
            let notices = [
                "password_changed",
                "hold_placed",
                "factor_added",
                "factor_removed",
                "factor_disabled",
                "codes_made",
                "questions_changed",
                "case_opened",
                "case_waiting",
                "case_decided",
            ];
            // Nor does it ask for what two people decided.
            let by_desk = commit.audit.iter().any(|line| line.event == "case.acted");
            let notice = notices.contains(&&*mail.letter) || by_desk;
            let counts = !notice && first.is_some_and(|first| first.id == mail.id);
            let counts = counts && is_prompt(clock, mail.created_at);
            for id in accounts.iter().filter(|_| counts) {
                if let Some(seen) = book.accounts.get_mut(id) {
                    seen.paid_mails.push(mail.created_at.millis());
                }
            }
            let seen = MailSeen {
                flow: mail.flow,
                letter: mail.letter.clone(),
                accounts,
                since: event,
                read_since: if by_worker { event.saturating_sub(200) } else { doing.since },
                created_at: mail.created_at.millis(),
                attempts: mail.attempts,
                due_at: mail.due_at,
                waits: true,
                content: None,
                taken: 0,
                refused: false,
                outcome: None,
            };
            book.mails.insert(mail.id, seen);
            self.stage.note(&format!("  mail {} {} queued", short(mail.id), mail.letter));
        }
    }

    pub fn mails_claimed(&self, claim: &Claim, mails: &[OutboxMail]) {
        let mut book = self.book();
        for mail in mails {
            let Some(seen) = book.mails.get_mut(&mail.id) else {
                return self.stage.broken("only what was committed is handed out", short(mail.id));
            };
            self.hold("a mail that is settled is not handed out", seen.waits, || short(mail.id));
            self.hold("what is under a lease goes to nobody else", seen.due_at <= claim.due_by, || {
                format!("mail {} due {:?}, claimed by {:?}", short(mail.id), seen.due_at, claim.due_by)
            });
            self.hold("each try of a mail is counted", mail.attempts == seen.attempts + 1, || short(mail.id));
            (seen.due_at, seen.attempts) = (claim.lease_until, mail.attempts);
        }
        if !mails.is_empty() {
            let names: Vec<String> = mails.iter().map(|mail| short(mail.id)).collect();
            self.stage.note(&format!("  claimed mails {}", names.join(" ")));
        }
    }

    pub(super) fn settled(&self, book: &mut Book, clock: &NodeClock, commit: &Commit) {
        for settlement in &commit.settlements {
            let current = book.mails.get(&settlement.id).filter(|seen| seen.waits);
            if current.is_none_or(|seen| seen.attempts != settlement.attempts) {
                self.stage.tally("settlements that came too late");
                continue;
            }
            self.legal_settlement(book, clock, settlement);
            let Some(seen) = book.mails.get_mut(&settlement.id) else { continue };
            let outcome = match &settlement.outcome {
                MailOutcome::Retry(at) => {
                    seen.due_at = *at;
                    "retry"
                }
                MailOutcome::Sent => "sent",
                MailOutcome::Stale => "stale",
                MailOutcome::Dead { .. } => "dead",
            };
            seen.waits = outcome == "retry";
            seen.outcome = Some(outcome);
            self.stage.note(&format!("  mail {} {outcome}", short(settlement.id)));
        }
    }

    fn legal_settlement(&self, book: &Book, clock: &NodeClock, settlement: &MailSettlement) {
        let Some(seen) = book.mails.get(&settlement.id) else { return };
        let flow = book.flows.get(&seen.flow);
        let state = flow.map_or("", |flow| flow.row.state.as_str());
        let said = || format!("mail {} {:?}, flow {state}", short(settlement.id), settlement.outcome);
        match &settlement.outcome {
            MailOutcome::Retry(_) => self.stage.tally("mails tried again"),
            MailOutcome::Sent => {
                self.hold("a mail counts as sent once the mail system has it", seen.taken > 0, said);
                self.stage.tally("mails sent");
            }
            MailOutcome::Stale => {
                let dead = seen.letter == "recovery_link" && !matches!(state, "link_sent" | "requested");
                self.hold("only the mail of a dead link is dropped", dead, said);
                self.stage.tally("mails dropped as stale");
            }
            MailOutcome::Dead { why, .. } => {
                let end = flow.and_then(|flow| flow.link.as_ref()).map(|link| link.expires_at);
                let shared =
                    flow.filter(|flow| flow.row.state == "shared").and_then(|flow| flow.row.expires_at);
                let end = end.or(shared.map(Timestamp::millis)).unwrap_or(i64::MAX);
                let legal = match why.as_str() {
                    "refused" => seen.refused,
                    // A node whose clock goes ahead may have ended the flow.
                    "expired" => {
                        clock.highest_since(0) >= end || state == "expired" || self.clocks == Clocks::Jumping
                    }
                    "too_old" => clock.peek() >= seen.created_at + 24 * crate::stage::HOUR,
                    _ => false,
                };
                self.hold("a mail is given up for a reason that is true", legal, said);
                self.stage.tally("mails given up");
            }
        }
    }

    /// A message is at the door of the mail system.
    pub fn handed_over(&self, message: &Message) {
        let event = self.stage.event();
        let mut book = self.book();
        let Some(id) = mail_id(message) else {
            return self.stage.broken("each queued mail has one Message-ID", message.message_id.clone());
        };
        let asked = book.mails.get(&id).and_then(|seen| book.flows.get(&seen.flow)).map(|flow| flow.asked);
        let Some(seen) = book.mails.get(&id) else {
            return self.stage.broken("each queued mail has one Message-ID", message.message_id.clone());
        };
        let to = text(&message.to);
        let from = asked.unwrap_or(seen.read_since);
        let on_file = seen.accounts.iter().all(|id| {
            let account = book.accounts.get(id);
            account.is_some_and(|account| {
                account.between(from, seen.since).any(|facts| facts.addresses.iter().any(|on| on == to))
            })
        });
        let desk_link = book.flows.get(&seen.flow).filter(|_| seen.letter == "recovery_link");
        let desk_link = desk_link.and_then(|flow| flow.by_desk.as_ref());
        let on_file = match desk_link.and_then(|link| link.to.as_deref()) {
            Some(agreed) => agreed == to,
            None => on_file,
        };
        let has_link = !tokens_in(&message.text).is_empty();
        self.hold("no link goes to one of the staff", !has_link || to != crate::staff::ELSEWHERE, || {
            to.to_owned()
        });
        self.hold("mail goes to addresses on file", on_file, || format!("mail {} to {}", short(id), to));
        let content = (to.to_owned(), format!("{}\n{}", message.subject, *message.text));
        let same = seen.content.as_ref().is_none_or(|first| *first == content);
        self.hold("each try of a mail is the same mail", same, || short(id));
        let _ = event;
        if let Some(seen) = book.mails.get_mut(&id) {
            seen.content = Some(content);
        }
    }

    /// The mail system has taken it over.
    pub fn taken_over(&self, message: &Message) {
        let mut book = self.book();
        let Some(id) = mail_id(message) else { return };
        let Some(seen) = book.mails.get_mut(&id) else { return };
        seen.taken += 1;
        let shared = seen.letter == "shared_links";
        self.stage.tally(if seen.taken > 1 { "mails taken over again" } else { "mails taken over" });
        self.stage.note(&format!("  mail {} taken over", short(id)));
        for token in tokens_in(&message.text) {
            let flow = regain::RecoveryToken::parse(&token).map(|token| token.flow());
            let flow = flow.ok().filter(|flow| book.flows.contains_key(flow));
            if let Some(link) = flow.and_then(|flow| book.flows[&flow].link.as_ref()).filter(|_| shared) {
                // Accounts are named `id-` and the username.
                let (before, _) = message.text.split_once(&token).unwrap_or_default();
                let under = before.lines().rev().map(str::trim).find(|line| {
                    book.accounts.keys().any(|id| id.as_str().strip_prefix("id-") == Some(line))
                });
                let own = under == link.account.as_str().strip_prefix("id-");
                self.hold("each link of a list stands under its own username", own, || short(id));
            }
            self.hold("each link in a mail is one of a flow", flow.is_some(), || short(id));
            if let Some(flow) = flow {
                book.tokens.insert(token, flow);
            }
        }
    }

    pub fn refused_for_good(&self, message: &Message) {
        let mut book = self.book();
        if let Some(seen) = mail_id(message).and_then(|id| book.mails.get_mut(&id)) {
            seen.refused = true;
        }
    }

    /// At the end every mail has had its end.
    pub(super) fn every_mail_is_settled(&self, book: &Book) {
        for (id, seen) in &book.mails {
            self.hold("every mail is sent, dropped or given up", !seen.waits, || {
                format!("{} {} of flow {}, {} tries", short(id), seen.letter, short(seen.flow), seen.attempts)
            });
            let lost = seen.outcome == Some("sent") && seen.taken == 0;
            self.hold("no mail is lost", !lost, || short(id));
        }
    }

    /// Every address that had been on file got its notice, once each.
    pub(super) fn notices_went_to_all(&self, book: &Book, flow: FlowId) {
        let notices =
            book.mails.values().filter(|seen| seen.flow == flow && seen.letter == "password_changed");
        let mut to: Vec<&str> =
            notices.filter_map(|seen| seen.content.as_ref().map(|content| content.0.as_str())).collect();
        let count = to.len();
        to.sort_unstable();
        to.dedup();
        self.hold("a notice goes to each address once", to.len() == count, || format!("{to:?}"));
    }
}

fn mail_id(message: &Message) -> Option<MailId> {
    let (id, _) = message.message_id.split_once('@')?;
    if id.len() != 32 {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(id.get(2 * at..2 * at + 2)?, 16).ok();
    let mut bytes = [0; 16];
    for (at, place) in bytes.iter_mut().enumerate() {
        *place = byte(at)?;
    }
    Some(MailId::from_bytes(bytes))
}
