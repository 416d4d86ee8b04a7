use super::attempt::CAP;
use super::enrol::Confirmed;
use super::*;
use crate::clock::Moment;
use crate::factor::{AuthLevel, CODES, FactorProof, RecoveryCode, TotpCode, step_at};
use crate::ids::AccountId;

const SESSION: [u8; 32] = [7; 32];

fn at(seconds: i64) -> Moment {
    let now = Timestamp::from_millis(seconds * 1_000);
    Moment { now, high: now }
}

fn id(byte: u8) -> FactorId {
    FactorId::from_bytes([byte; 16])
}

fn ana() -> AccountId {
    AccountId::new("ana").unwrap()
}

fn secret(byte: u8) -> TotpSecret {
    TotpSecret::from_random([byte; 20])
}

fn code(byte: u8, at: Moment) -> TotpCode {
    secret(byte).code(step_at(at.now).unwrap())
}

fn begin(record: &mut Record, byte: u8, at: Moment) -> Result<(), EnrolRefusal> {
    record.begin(Pending { id: id(byte), label: "phone", secret: secret(byte), session: SESSION }, at)
}

fn bind(record: &mut Record, byte: u8, at: Moment) -> Confirmed {
    begin(record, byte, at).unwrap();
    record.count_confirmation(id(byte), &SESSION, at).unwrap();
    record.confirm(id(byte), &SESSION, &code(byte, at), at).unwrap()
}

fn codes() -> [RecoveryCode; CODES] {
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|n| RecoveryCode::from_random([n; 10]))
}

fn attempt(record: &mut Record, proof: &FactorProof, at: Moment) -> Option<FactorKind> {
    let counted = record.count(proof, &[], id(99), at.now);
    if counted.is_nothing() {
        return None;
    }
    let proven = record.prove(proof, &counted, &ana(), at.now);
    if proven.is_none() {
        record.fail(&counted, at.now);
    }
    proven
}

fn wrong(at: Moment) -> FactorProof {
    FactorProof::Totp(code(200, at))
}

#[test]
fn a_factor_counts_from_its_confirmation_and_not_before() {
    let mut record = Record::default();
    begin(&mut record, 1, at(0)).unwrap();
    assert!(!record.is_protected(&[]) && record.kinds(&[]).is_empty());
    assert!(attempt(&mut record, &FactorProof::Totp(code(1, at(0))), at(0)).is_none());
    assert_eq!(record.confirm(id(1), &SESSION, &code(1, at(0)), at(0)), Ok(Confirmed::First));
    assert!(record.is_protected(&[]));
    assert_eq!(bind(&mut record, 2, at(1)), Confirmed::Further);
}

/// CVE-2022-42731.
#[test]
fn a_challenge_belongs_to_its_session_and_its_quarter_of_an_hour() {
    let mut record = Record::default();
    begin(&mut record, 1, at(0)).unwrap();
    let late = at(15 * 60);
    assert_eq!(record.confirm(id(1), &[8; 32], &code(1, at(0)), at(0)), Err(EnrolRefusal::NotBegun));
    assert_eq!(record.confirm(id(2), &SESSION, &code(1, at(0)), at(0)), Err(EnrolRefusal::NotBegun));
    assert_eq!(record.confirm(id(1), &SESSION, &code(1, late), late), Err(EnrolRefusal::NotBegun));
    let high = Moment { now: at(10).now, high: late.now };
    assert_eq!(record.confirm(id(1), &SESSION, &code(1, at(10)), high), Err(EnrolRefusal::NotBegun));
    let last = Moment { now: Timestamp::from_millis(late.now.millis() - 1), high: at(0).now };
    assert_eq!(record.confirm(id(1), &SESSION, &code(1, last), last), Ok(Confirmed::First));
    assert_eq!(record.confirm(id(1), &SESSION, &code(1, last), last), Err(EnrolRefusal::NotBegun));
}

#[test]
fn five_wrong_first_codes_end_an_enrolment() {
    let mut record = Record::default();
    begin(&mut record, 1, at(0)).unwrap();
    for _ in 0..5 {
        record.count_confirmation(id(1), &SESSION, at(0)).unwrap();
        assert_eq!(record.confirm(id(1), &SESSION, &code(9, at(0)), at(0)), Err(EnrolRefusal::WrongCode));
    }
    assert_eq!(record.count_confirmation(id(1), &SESSION, at(0)), Err(EnrolRefusal::NotBegun));
}

/// MF-3: the first code is used up by the confirmation.
#[test]
fn a_code_is_good_once_whatever_it_was_used_for() {
    let mut record = Record::default();
    bind(&mut record, 1, at(60));
    let proof = |at| FactorProof::Totp(code(1, at));
    assert!(attempt(&mut record, &proof(at(60)), at(61)).is_none());
    assert_eq!(attempt(&mut record, &proof(at(90)), at(90)), Some(FactorKind::Totp));
    assert!(attempt(&mut record, &proof(at(90)), at(91)).is_none());
}

/// RL-1, RL-3.
#[test]
fn the_tenth_failure_disables_that_factor_and_no_other() {
    let mut record = Record::default();
    bind(&mut record, 1, at(0));
    record.set_codes(&codes(), &ana(), id(3), at(0).now);
    for n in 0..10 {
        assert_eq!(record.kinds(&[]), [FactorKind::Totp, FactorKind::RecoveryCodes], "after {n}");
        assert!(attempt(&mut record, &wrong(at(60)), at(60)).is_none());
    }
    assert_eq!(record.kinds(&[]), [FactorKind::RecoveryCodes]);
    assert!(attempt(&mut record, &FactorProof::Totp(code(1, at(120))), at(120)).is_none());
    assert!(record.is_protected(&[]), "failing makes no account weaker");
    let [first, ..] = codes();
    let proof = FactorProof::RecoveryCode(first);
    assert_eq!(attempt(&mut record, &proof, at(121)), Some(FactorKind::RecoveryCodes));
}

#[test]
fn a_crash_after_the_last_count_still_disables() {
    let mut record = Record::default();
    bind(&mut record, 1, at(0));
    for _ in 0..CAP {
        assert!(!record.count(&wrong(at(60)), &[], id(99), at(60).now).is_nothing());
    }
    // The tries of a moment ago may be right still.
    let next = record.count(&wrong(at(60)), &[], id(99), at(60).now);
    assert!(next.is_nothing() && record.fail(&next, at(119).now).is_empty());
    assert_eq!(record.fail(&next, at(120).now), [FactorKind::Totp]);
    assert!(record.fail(&next, at(120).now).is_empty(), "told of once");
}

/// RL-1: an app that has had its ten tries is not compared with along with another one that has not.
#[test]
fn only_what_a_try_was_counted_for_is_compared() {
    let mut record = Record::default();
    bind(&mut record, 1, at(0));
    for _ in 0..CAP {
        record.count(&wrong(at(60)), &[], id(99), at(60).now);
    }
    bind(&mut record, 2, at(60));
    let of_the_first = FactorProof::Totp(code(1, at(90)));
    let counted = record.count(&of_the_first, &[], id(99), at(90).now);
    assert!(!counted.is_nothing(), "the second app's");
    assert!(record.prove(&of_the_first, &counted, &ana(), at(90).now).is_none());
}

#[test]
fn a_second_app_is_not_worn_out_by_the_use_of_the_first() {
    let mut record = Record::default();
    bind(&mut record, 1, at(0));
    bind(&mut record, 2, at(30));
    for n in 0..40 {
        let at = at(60 + 30 * n);
        assert!(attempt(&mut record, &FactorProof::Totp(code(1, at)), at).is_some());
    }
    assert!(attempt(&mut record, &FactorProof::Totp(code(2, at(9_000))), at(9_000)).is_some());
    // And its failures are not forgiven by the other's success.
    for _ in 0..9 {
        assert!(attempt(&mut record, &wrong(at(9_030)), at(9_030)).is_none());
    }
    assert!(attempt(&mut record, &FactorProof::Totp(code(1, at(9_060))), at(9_060)).is_some());
    assert!(attempt(&mut record, &wrong(at(9_060)), at(9_060)).is_none());
    let disabled: Vec<_> = record.views().iter().map(|view| view.state == FactorState::Disabled).collect();
    assert_eq!(disabled, [false, true]);
}

#[test]
fn a_host_factor_is_counted_under_its_name_only_where_the_host_has_bound_it() {
    let mut record = Record::default();
    let host = ["key".to_owned()];
    let proof = |factor: &str| FactorProof::Host { factor: factor.into(), response: Vec::new().into() };
    assert!(record.count(&proof("other"), &host, id(1), at(0).now).is_nothing());
    let mut counted = Counted::nothing();
    for _ in 0..CAP {
        counted = record.count(&proof("key"), &host, id(1), at(0).now);
        assert!(!counted.is_nothing());
    }
    assert_eq!(record.fail(&counted, at(0).now), [FactorKind::Host]);
    assert!(record.is_disabled("key") && record.kinds(&host).is_empty() && record.is_protected(&host));
}

/// GHSA-wc43-73w7-x2f5: one more factor never asks for less.
#[test]
fn the_level_only_grows_with_a_factor() {
    let mut record = Record::default();
    assert_eq!(record.highest_level(None), AuthLevel::Password);
    bind(&mut record, 1, at(0));
    assert_eq!(record.highest_level(None), AuthLevel::SecondFactor);
    let strong = Some(AuthLevel::PhishingResistant);
    assert_eq!(record.highest_level(strong), AuthLevel::PhishingResistant);
    record.set_codes(&codes(), &ana(), id(3), at(0).now);
    assert_eq!(record.highest_level(strong), AuthLevel::PhishingResistant);
}

/// RC-7.
#[test]
fn every_change_of_the_factors_is_another_epoch_and_no_failure_is() {
    let account = AccountEpoch::from_bytes([5; 32]);
    let mut record = Record::default();
    assert!(record.recovery_epoch(&account) == account);
    let mut seen = vec![*record.recovery_epoch(&account).as_bytes()];
    let mut is_new = |record: &Record| {
        let epoch = *record.recovery_epoch(&account).as_bytes();
        let new = !seen.contains(&epoch);
        seen.push(epoch);
        new
    };
    begin(&mut record, 1, at(0)).unwrap();
    assert!(!is_new(&record), "nothing is bound yet");
    record.confirm(id(1), &SESSION, &code(1, at(0)), at(0)).unwrap();
    assert!(is_new(&record));
    record.set_codes(&codes(), &ana(), id(3), at(0).now);
    assert!(is_new(&record));
    for _ in 0..20 {
        attempt(&mut record, &wrong(at(60)), at(60));
    }
    assert!(!is_new(&record));
    bind(&mut record, 2, at(90));
    assert!(is_new(&record));
    assert!(record.remove(id(2), &[], at(0).now).is_some());
    assert!(is_new(&record));
    record.lose_factors(at(0).now);
    assert!(is_new(&record));
}

#[test]
fn codes_go_with_the_last_factor() {
    let mut record = Record::default();
    bind(&mut record, 1, at(0));
    record.set_codes(&codes(), &ana(), id(3), at(0).now);
    let mut kept = record.clone();
    assert!(record.remove(id(1), &[], at(1).now).is_some());
    assert!(record.views().is_empty());
    assert!(kept.remove(id(1), &["key".into()], at(1).now).is_some());
    assert!(kept.has_codes(), "they stand in for the host's factor");
    assert!(kept.remove(id(1), &[], at(1).now).is_none());
}

#[test]
fn nobody_binds_without_end() {
    let mut record = Record::default();
    for byte in 1..=5 {
        bind(&mut record, byte, at(i64::from(byte) * 30));
    }
    assert_eq!(begin(&mut record, 6, at(900)), Err(EnrolRefusal::TooMany));
    let mut many = Record::default();
    for byte in 0..100 {
        let session = [byte; 32];
        let pending = Pending { id: id(byte), label: "", secret: secret(byte), session };
        many.begin(pending, at(0)).unwrap();
    }
    assert_eq!(many.views().len(), 3);
}

#[test]
fn what_was_written_is_read_again_and_nothing_else() {
    let mut record = Record::default();
    assert_eq!(*Record::from_bytes(&record.to_bytes()).unwrap().to_bytes(), *record.to_bytes());
    bind(&mut record, 1, at(60));
    begin(&mut record, 2, at(90)).unwrap();
    record.set_codes(&codes(), &ana(), id(3), at(0).now);
    let host = ["key".to_owned()];
    let proof = FactorProof::Host { factor: "key".into(), response: Vec::new().into() };
    record.count(&proof, &host, id(4), at(0).now);
    record.compromised_at = Some(at(5).now);
    record.password_changed(at(6).now, None);
    record.compromised_at = Some(at(7).now);
    record.proven_link = Some(FlowId::from_bytes([9; 16]));
    let bytes = record.to_bytes();
    assert_eq!(*Record::from_bytes(&bytes).unwrap().to_bytes(), *bytes);
    for cut in 0..bytes.len() {
        assert!(Record::from_bytes(&bytes[..cut]).is_none(), "{cut}");
    }
}

#[test]
fn a_record_from_before_there_were_factors_is_read() {
    let mut guard = Guard::default();
    guard.password_changed(at(3).now, None);
    let record = Record::from_bytes(&guard.to_bytes()).unwrap();
    assert!(record.guard == guard && !record.is_protected(&[]));
}

#[test]
fn a_record_with_factors_is_kept_and_one_that_lost_them_outlives_the_links() {
    let mut record = Record::default();
    assert_eq!(record.keep_until(), None);
    bind(&mut record, 1, at(0));
    assert_eq!(record.keep_until(), None);
    record.lose_factors(at(0).now);
    assert_eq!(record.keep_until(), Some(at(25 * 3_600).now));
}

#[cfg(feature = "questions")]
mod questions {
    use super::*;
    use crate::password::PasswordHash;

    fn asked(code: &str) -> Asked {
        let answer = PasswordHash::parse(
            "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        )
        .unwrap();
        Asked { code: code.to_owned(), answer }
    }

    fn with_questions() -> Record {
        let mut record = Record::default();
        record.set_questions(vec![asked("one"), asked("two"), asked("three")], at(0).now);
        record
    }

    fn flow(byte: u8) -> FlowId {
        FlowId::from_bytes([byte; 16])
    }

    /// SQ-2.
    #[test]
    fn the_same_question_is_asked_until_it_is_answered() {
        let mut record = with_questions();
        for _ in 0..9 {
            assert_eq!(record.gate(flow(1)), Gate::Asks("one"));
            assert!(record.count_answer().is_some());
        }
        record.answered(flow(1));
        assert_eq!(record.gate(flow(1)), Gate::Open);
        assert_eq!(record.gate(flow(2)), Gate::Asks("two"), "another link asks again");
        for (n, next) in [(3, "three"), (4, "one")] {
            record.answered(flow(n));
            assert_eq!(record.gate(flow(99)), Gate::Asks(next));
        }
    }

    /// SQ-5.
    #[test]
    fn ten_wrong_answers_shut_the_gate_and_never_open_it() {
        let mut record = with_questions();
        for _ in 0..10 {
            assert!(record.count_answer().is_some());
        }
        assert!(record.count_answer().is_none());
        assert_eq!(record.gate(flow(1)), Gate::Shut);
        record.lose_factors(at(1).now);
        assert_eq!(record.gate(flow(1)), Gate::Open);
    }

    #[test]
    fn questions_are_no_factor() {
        let record = with_questions();
        assert!(!record.is_protected(&[]) && record.kinds(&[]).is_empty());
        assert_eq!(record.highest_level(None), AuthLevel::Password);
    }

    #[test]
    fn a_change_of_the_questions_is_another_epoch() {
        let account = AccountEpoch::from_bytes([5; 32]);
        let mut record = with_questions();
        let before = record.recovery_epoch(&account);
        assert!(before != account);
        record.set_questions(vec![], at(1).now);
        assert!(record.recovery_epoch(&account) != before && record.question_codes().is_empty());
    }

    #[test]
    fn questions_are_written_and_read() {
        let mut record = with_questions();
        record.count_answer();
        record.answered(flow(1));
        record.count_answer();
        let bytes = record.to_bytes();
        let read = Record::from_bytes(&bytes).unwrap();
        assert_eq!(*read.to_bytes(), *bytes);
        assert_eq!(read.gate(flow(2)), Gate::Asks("two"));
    }
}
