use super::*;
use crate::account::{AccountEpoch, AddressOnFile};
use crate::clock::Moment;
use crate::identity::EmailAddress;
use crate::token::VerifierDigest;
use crate::wire::unframe_all;
use time::Duration;

fn at(seconds: i64) -> Moment {
    let now = Timestamp::from_millis(seconds * 1_000);
    Moment { now, high: now }
}

fn id(byte: u8) -> FlowId {
    FlowId::from_bytes([byte; 16])
}

fn email(name: &str) -> AddressOnFile {
    AddressOnFile::Email(EmailAddress::parse(&format!("{name}@home.example")).unwrap())
}

fn emails(names: &[&str]) -> Vec<AddressOnFile> {
    names.iter().map(|name| email(name)).collect()
}

fn epoch() -> AccountEpoch {
    AccountEpoch::from_bytes([5; 32])
}

fn propose(record: &mut Record, byte: u8, new: &str, old: Option<&str>, at: Moment) {
    record.propose(Proposal {
        id: id(byte),
        address: email(new),
        replaces: old.map(email),
        window: Window::open(at, PROPOSAL_LIFE),
        tries: 0,
        code: VerifierDigest::from_bytes([byte; 32]),
    });
}

fn confirm(record: &mut Record, byte: u8, new: &str, old: Option<&str>, at: Moment) {
    propose(record, byte, new, old, at);
    assert_eq!(record.confirm_address(epoch(), at), Some(id(byte)));
}

fn set(record: &mut Record, byte: u8, new: &str, old: Option<&str>, at: Moment) {
    confirm(record, byte, new, old, at);
    record.address_is_set(id(byte));
}

#[test]
fn addresses_keep_their_places() {
    let on_file = emails(&["one", "two"]);
    let placed =
        |new: &str, old: Option<&str>, most| with(&on_file, &email(new), old.map(email).as_ref(), most);
    assert_eq!(placed("new", Some("one"), 2), Ok(emails(&["new", "two"])));
    assert_eq!(placed("new", Some("two"), 2), Ok(emails(&["one", "new"])));
    assert_eq!(placed("new", None, 3), Ok(emails(&["one", "two", "new"])));
    assert_eq!(placed("new", None, 2), Err(AddressRefusal::TooMany));
    assert_eq!(placed("new", Some("three"), 9), Err(AddressRefusal::NotOnFile));
    for (new, old) in
        [("one", None), ("one", Some("one")), ("ONE", None), ("ONE", Some("two")), ("two", Some("one"))]
    {
        assert_eq!(placed(new, old, 9), Err(AddressRefusal::OnFileAlready), "{new} for {old:?}");
    }
    assert_eq!(placed("ONE", Some("one"), 9), Ok(emails(&["ONE", "two"])));
}

#[test]
fn what_is_taken_back_takes_nothing_else_along() {
    let change = |old: Option<&str>| Change {
        id: id(1),
        new: email("new"),
        old: old.map(email),
        at: at(0).now,
        stage: Stage::Set,
    };
    let replaced = change(Some("one"));
    assert_eq!(replaced.undone(&emails(&["new", "two"])), emails(&["one", "two"]));
    assert_eq!(replaced.undone(&emails(&["two"])), emails(&["two"]), "somebody else took it off");
    assert_eq!(replaced.undone(&emails(&["one", "new"])), emails(&["one"]), "no address twice");
    assert_eq!(replaced.undone(&[]), []);
    let added = change(None);
    assert_eq!(added.undone(&emails(&["one", "new"])), emails(&["one"]));
    assert_eq!(added.undone(&emails(&["one"])), emails(&["one"]));
    // What was set is known as set.
    assert_eq!(replaced.wanted(&emails(&["new", "two"])), Some(emails(&["new", "two"])));
    assert_eq!(replaced.wanted(&emails(&["one", "two"])), Some(emails(&["new", "two"])));
    assert_eq!(replaced.wanted(&emails(&["two"])), None);
}

#[test]
fn five_codes_are_counted_for_a_proposal_and_none_after_its_time() {
    let mut record = Record::default();
    assert_eq!(record.count_address_code(at(0)), None);
    propose(&mut record, 1, "new", None, at(0));
    for _ in 0..5 {
        assert_eq!(record.count_address_code(at(1_799)), Some(id(1)));
    }
    assert_eq!(record.count_address_code(at(1_799)), None);
    propose(&mut record, 2, "new", None, at(0));
    assert_eq!(record.count_address_code(at(1_800)), None);
    let stepped_back = Moment { now: at(0).now, high: at(1_800).now };
    assert_eq!(record.count_address_code(stepped_back), None);
}

#[test]
fn every_confirmed_change_is_another_epoch() {
    let mut record = Record::default();
    propose(&mut record, 1, "new", None, at(0));
    assert!(record.recovery_epoch(&epoch()) == epoch(), "nothing changes yet");
    record.confirm_address(epoch(), at(0));
    let confirmed = record.recovery_epoch(&epoch());
    assert!(confirmed != epoch());
    record.address_is_set(id(1));
    assert!(record.recovery_epoch(&epoch()) == confirmed);
    record.dispute(id(9), at(1));
    assert!(record.recovery_epoch(&epoch()) == confirmed, "nothing of it was disputed");
    record.dispute(id(1), at(1));
    assert!(record.recovery_epoch(&epoch()) != confirmed);
}

fn stages(record: &Record) -> Vec<&'static str> {
    let name = |change: &Change| match change.stage {
        Stage::Intended { .. } => "intended",
        Stage::Set => "set",
        Stage::Disputed { look: Look::First, .. } => "disputed",
        Stage::Disputed { look: Look::Second, .. } => "taken back",
    };
    record.address_changes().iter().map(name).collect()
}

#[test]
fn a_dispute_goes_from_the_newest_back_to_the_one_that_it_is_about() {
    let mut record = Record::default();
    set(&mut record, 1, "one", Some("zero"), at(0));
    set(&mut record, 2, "two", Some("one"), at(1));
    set(&mut record, 3, "three", Some("two"), at(2));
    record.dispute(id(2), at(3));
    assert_eq!(stages(&record), ["set", "disputed", "disputed"]);
    assert!(record.is_taking_back());
    for expected in [3, 2] {
        assert_eq!(record.unsettled(at(3).now).unwrap().id, id(expected));
        record.address_is_taken_back(id(expected), at(3).now);
    }
    assert_eq!(stages(&record), ["set", "taken back", "taken back"]);
    assert!(record.unsettled(at(3 + 299).now).is_none());
    for expected in [3, 2] {
        assert_eq!(record.unsettled(at(303).now).unwrap().id, id(expected));
        record.address_is_taken_back(id(expected), at(303).now);
    }
    assert_eq!(stages(&record), ["set"]);
    assert!(!record.is_taking_back());
}

#[test]
fn what_is_not_set_yet_is_withdrawn_by_any_letter() {
    let mut record = Record::default();
    set(&mut record, 1, "one", Some("zero"), at(0));
    confirm(&mut record, 2, "two", Some("one"), at(1));
    assert_eq!(record.unsettled(at(1).now).unwrap().id, id(2));
    record.dispute(id(9), at(2));
    assert_eq!(stages(&record), ["set", "disputed"]);
    record.dispute(id(9), at(3));
    assert_eq!(stages(&record), ["set", "disputed"], "once");
}

#[test]
fn a_worker_comes_when_something_has_had_its_time() {
    let mut record = Record::default();
    assert_eq!((record.due_at(), record.keep_until()), (None, None));
    propose(&mut record, 1, "new", None, at(0));
    assert_eq!((record.due_at(), record.keep_until()), (Some(at(1_800).now), None));
    assert!(!record.forget(at(1_799)));
    let mut late = record.clone();
    assert!(late.forget(at(1_800)));
    assert_eq!(late.due_at(), None);
    record.confirm_address(epoch(), at(0));
    assert_eq!(record.due_at(), Some(at(10).now));
    record.address_is_set(id(1));
    let week = Duration::days(7).whole_seconds();
    assert_eq!((record.due_at(), record.keep_until()), (Some(at(week).now), None));
    assert!(!record.forget(at(week - 1)));
    assert!(record.forget(at(week)));
    assert!(record.address_changes().is_empty());
    assert_eq!(record.due_at(), None);
    assert!(record.keep_until().is_some());
}

#[test]
fn three_changes_are_remembered_and_no_more_are_taken() {
    let mut record = Record::default();
    for byte in 1..=3 {
        assert!(record.takes_a_change(at(0)));
        set(&mut record, byte, "new", None, at(0));
    }
    let week = Duration::days(7).whole_seconds();
    assert!(!record.takes_a_change(at(week - 1)));
    assert!(record.takes_a_change(at(week)));
}

#[test]
fn what_was_written_is_read_again_and_nothing_else() {
    let mut record = Record::default();
    set(&mut record, 1, "one", Some("zero"), at(0));
    set(&mut record, 2, "two", None, at(1));
    record.dispute(id(2), at(2));
    record.address_is_taken_back(id(2), at(2).now);
    set(&mut record, 3, "three", None, at(3));
    record.dispute(id(3), at(4));
    confirm(&mut record, 4, "four", Some("one"), at(5));
    propose(&mut record, 5, "five", Some("one"), at(6));
    record.count_address_code(at(6));
    assert_eq!(stages(&record), ["set", "taken back", "disputed", "intended"]);
    let bytes = record.to_bytes();
    assert_eq!(*Record::from_bytes(&bytes).unwrap().to_bytes(), *bytes);
    for cut in 0..bytes.len() {
        assert!(Record::from_bytes(&bytes[..cut]).is_none(), "{cut}");
    }
}

#[test]
fn a_record_from_before_addresses_were_changed_here_is_read() {
    let mut record = Record::default();
    record.guard.password_changed(at(3).now, None);
    record.compromised_at = Some(at(5).now);
    let bytes = record.to_bytes();
    let mut fields = unframe_all(&bytes).unwrap();
    fields[0] = b"record/1";
    assert!(Record::from_bytes(&frame(&fields)).is_none(), "it had no such field");
    fields.pop();
    assert_eq!(*Record::from_bytes(&frame(&fields)).unwrap().to_bytes(), *bytes);
    fields[0] = b"record/3";
    assert!(Record::from_bytes(&frame(&fields)).is_none());
    fields[0] = b"record/2";
    assert!(Record::from_bytes(&frame(&fields)).is_none(), "one field is missing");
}
