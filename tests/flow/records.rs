use super::{all_flows, flow_in, kind, row};
use regain::flow::{FactorRule, FlowRecord, Purpose, RecoveryFlow, StateKind};

#[test]
fn every_flow_comes_back_from_its_row_as_it_was() {
    for (flow, ..) in all_flows() {
        let written = row(&flow);
        let read = RecoveryFlow::try_from(written.clone()).expect("what was written can be read");
        assert_eq!(row(&read), written, "{}", kind(&flow).code());
    }
}

/// What a state cannot do without.
fn needed(state: StateKind, has_code: bool) -> &'static [&'static str] {
    match state {
        StateKind::Requested => &["sealed", "opened_at", "expires_at", "high"],
        StateKind::LinkSent if has_code => {
            &["account", "digest", "factor", "epoch", "opened_at", "expires_at", "high"]
        }
        StateKind::LinkSent | StateKind::FactorProven => {
            &["account", "digest", "factor", "opened_at", "expires_at", "high"]
        }
        StateKind::PasswordChosen => &["account", "epoch", "sealed", "due_at"],
        StateKind::Dismissed | StateKind::Escalated => &["reason"],
        StateKind::Shared => &["expires_at"],
        _ => &[],
    }
}

type Blank = fn(&mut FlowRecord);

const FIELDS: [(&str, Blank); 10] = [
    ("reason", |row| row.reason = None),
    ("account", |row| row.account = None),
    ("digest", |row| row.digest = None),
    ("epoch", |row| row.epoch = None),
    ("factor", |row| row.factor = None),
    ("sealed", |row| row.sealed = None),
    ("opened_at", |row| row.opened_at = None),
    ("expires_at", |row| row.expires_at = None),
    ("high", |row| row.high = None),
    ("due_at", |row| row.due_at = None),
];

#[test]
fn a_row_that_lacks_what_its_state_needs_is_damaged() {
    for (flow, ..) in all_flows() {
        for (field, blank) in FIELDS {
            let mut damaged = row(&flow);
            blank(&mut damaged);
            let state = kind(&flow);
            let refused = RecoveryFlow::try_from(damaged).is_err();
            assert_eq!(
                refused,
                needed(state, row(&flow).code.is_some()).contains(&field),
                "{} without {field}",
                state.code()
            );
        }
    }
}

#[test]
fn a_row_with_an_unknown_code_is_damaged() {
    let codes: [(&str, Blank); 4] = [
        ("purpose", |row| row.purpose = "session".to_owned()),
        ("state", |row| row.state = "LINK_SENT".to_owned()),
        ("reason", |row| row.reason = row.reason.as_ref().map(|_| "whim".to_owned())),
        ("factor", |row| row.factor = row.factor.as_ref().map(|_| String::new())),
    ];
    for (flow, ..) in all_flows() {
        for (field, corrupt) in codes {
            let mut damaged = row(&flow);
            corrupt(&mut damaged);
            let unchanged = damaged == row(&flow);
            let error = RecoveryFlow::try_from(damaged).err().map(|error| error.to_string());
            match error {
                None => assert!(unchanged, "{} with another {field} is read", kind(&flow).code()),
                Some(text) => assert!(text.contains(field), "{text} does not name {field}"),
            }
        }
    }
}

/// ID-1: whoever can write to the table cannot turn a reminder into a password change.
#[test]
fn a_row_whose_purpose_never_leads_to_its_state_is_damaged() {
    for &state in StateKind::ALL {
        for (purpose, other) in
            [(Purpose::Username, Purpose::Password), (Purpose::Password, Purpose::Username)]
        {
            let Some(flow) = flow_in(state, purpose, FactorRule::Needed) else { continue };
            if flow_in(state, other, FactorRule::Needed).is_some() {
                continue;
            }
            let turned = FlowRecord { purpose: other.code().to_owned(), ..row(&flow) };
            assert!(RecoveryFlow::try_from(turned).is_err(), "{} for {}", state.code(), other.code());
        }
    }
}

/// MF-1
#[test]
fn a_row_with_a_proven_factor_that_nobody_needed_is_damaged() {
    let flow = flow_in(StateKind::FactorProven, Purpose::Password, FactorRule::Needed).unwrap();
    let odd = FlowRecord { factor: Some(FactorRule::NotNeeded.code().to_owned()), ..row(&flow) };
    assert!(RecoveryFlow::try_from(odd).is_err());
}

#[test]
fn a_code_comes_back_with_its_epoch() {
    let sent = row(&flow_in(StateKind::LinkSent, Purpose::Password, FactorRule::Needed).unwrap());
    assert_eq!((sent.code, sent.epoch), (Some([7; 32]), Some([8; 32])));
}

/// MF-13
#[test]
fn a_row_with_a_proven_factor_and_a_code_is_damaged() {
    let flow = flow_in(StateKind::FactorProven, Purpose::Password, FactorRule::Needed).unwrap();
    let odd = FlowRecord { code: Some([7; 32]), epoch: Some([8; 32]), ..row(&flow) };
    assert!(RecoveryFlow::try_from(odd).is_err());
}
