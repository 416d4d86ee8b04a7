//! Who may do what: over all roles and all ways to share out the parts.

use super::machine::{account, at, finding, order};
use super::staff;
use proptest::prelude::*;
use regain::desk::case::{Acting, AddressRef, Case, CaseEvent, CaseStateKind, Need, Origin, Whither};
use regain::desk::{Ial, Plea, Staff, Subject};
use regain::ids::CaseId;

const PEOPLE: [&str; 4] = ["ida", "jon", "kim", "lea"];

fn person(number: usize, rank: u16) -> Staff {
    staff(PEOPLE[number % PEOPLE.len()], rank)
}

/// How a case begins: by staff, by a person for whom staff name the account, or by itself.
#[derive(Debug, Clone, Copy)]
enum Beginning {
    ByStaff,
    Named,
    ByItself,
}

/// Plays a case with the parts given to these people, each in some role; whether it came to an approval.
fn approved(beginning: Beginning, parts: [&Staff; 3], subject: &Subject) -> bool {
    let [opener, recorder, decider] = parts;
    let acting = |staff: &Staff| Acting { staff: staff.clone(), subject: Some(subject.clone()) };
    let id = CaseId::from_bytes([7; 16]);
    let begun = match beginning {
        Beginning::ByStaff => Case::by_staff(id, &acting(opener), account(), at(0)).map(|step| step.next),
        Beginning::Named => Case::of_person(id, Plea::new("help", "").unwrap(), at(0))
            .apply(CaseEvent::Concern { by: acting(opener), account: account() }, at(0))
            .map(|step| step.next),
        Beginning::ByItself => Ok(Case::about(id, Origin::Disowned, account(), at(0))),
    };
    let to = Whither::OnFile(AddressRef::from_bytes([9; 16]));
    let steps = [
        CaseEvent::Assign { by: acting(recorder), to: recorder.id.clone() },
        CaseEvent::RecordEvidence { by: acting(recorder), finding: finding(Ial::Two, Need::Password) },
        CaseEvent::Approve { by: acting(decider), order: order(Need::Password, to) },
    ];
    let step = |case: Case, event| case.apply(event, at(0)).map(|step| step.next);
    let end = begun.and_then(|case| steps.into_iter().try_fold(case, step));
    end.is_ok_and(|case| case.state().kind() == CaseStateKind::Approved)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// SD-3, SD-6, CVE-2026-55077: however the parts are shared out, a case is approved exactly when two different people
    /// acted, none of them is the owner in whatever role, and none stands below the owner.
    #[test]
    fn a_case_is_approved_by_two_people_of_rank_who_are_not_the_owner(
        who in [0..4_usize, 0..4_usize, 0..4_usize], ranks in [0..4_u16, 0..4_u16, 0..4_u16],
        owner in proptest::option::of((0..4_usize, 0..4_u16)), beginning in 0..3_usize,
    ) {
        let beginning = [Beginning::ByStaff, Beginning::Named, Beginning::ByItself][beginning];
        let [opener, recorder, decider] = [0, 1, 2].map(|part| person(who[part], ranks[part]));
        let own = owner.map(|(number, rank)| person(number, rank));
        let subject = Subject { staff: own.clone(), enrolled_at: Ial::Two };
        let opens = !matches!(beginning, Beginning::ByItself);
        let parts = if opens { vec![&opener, &recorder, &decider] } else { vec![&recorder, &decider] };
        let apart = decider.id != recorder.id && (!opens || decider.id != opener.id);
        let foreign = parts.iter().all(|part| own.as_ref().is_none_or(|own| own.id != part.id));
        let above = parts.iter().all(|part| own.as_ref().is_none_or(|own| part.role >= own.role));
        let expected = apart && foreign && above;
        prop_assert_eq!(approved(beginning, [&opener, &recorder, &decider], &subject), expected);
    }
}

/// A second role is the same person.
#[test]
fn nobody_approves_their_own_case_through_a_second_role() {
    let nobody = Subject { staff: None, enrolled_at: Ial::Two };
    for rank in 0..=20 {
        let (desk, other) = (staff("ida", 10), staff("ida", rank));
        assert!(!approved(Beginning::ByStaff, [&desk, &desk, &other], &nobody));
        assert!(!approved(Beginning::ByStaff, [&desk, &staff("jon", 10), &other], &nobody));
        assert!(!approved(Beginning::ByItself, [&desk, &desk, &other], &nobody));
    }
    assert!(approved(Beginning::ByStaff, [&staff("ida", 1), &staff("ida", 1), &staff("jon", 1)], &nobody));
}

/// Whom the host does not know, nobody acts on.
#[test]
fn an_account_of_nobody_is_acted_on_by_nobody() {
    let by = Acting { staff: staff("ida", 99), subject: None };
    assert!(Case::by_staff(CaseId::from_bytes([7; 16]), &by, account(), at(0)).is_err());
    let case = Case::about(CaseId::from_bytes([7; 16]), Origin::Disowned, account(), at(0));
    assert!(case.apply(CaseEvent::Refuse { by: by.clone() }, at(0)).is_err());
    assert!(case.permits(&by).is_err());
}
