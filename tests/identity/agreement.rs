//! Birth date and names: who agrees with whom.

use proptest::prelude::*;
use regain::identity::{Agreement, Attribute, IdentityRules, Person};

use crate::{claims, finds, index, person};

/// Given and family name as somebody typed them.
type Typed = (&'static str, &'static str);
/// Given and family name on file.
type OnFile = (&'static str, &'static str);

fn agree(typed: Typed, on_file: OnFile) -> bool {
    let claims = claims(typed.0, typed.1, "1980-02-29", "MRN-0042");
    IdentityRules::default().agrees(&claims, &person(on_file.0, on_file.1))
}

#[rustfmt::skip]
const AGREE: &[(Typed, OnFile)] = &[
    // Spelling
    (("Ana", "Silva"), ("Ana", "Silva")),
    (("ANA", "silva"), ("Ana", "Silva")),
    (("José", "Muñoz"), ("Jose", "Munoz")),
    (("Jose", "Munoz"), ("José", "Muñoz")),
    (("Jürgen", "Müller"), ("Juergen", "Mueller")),
    (("Juergen", "Mueller"), ("Jürgen", "Müller")),
    (("Jurgen", "Muller"), ("Jürgen", "Müller")),
    (("Jürgen", "Mueller"), ("Juergen", "Müller")),
    (("Soeren", "Kjaer"), ("Søren", "Kjær")),
    (("Soren", "Kjaer"), ("Søren", "Kjær")),
    (("Aase", "Oedegaard"), ("Åse", "Ødegård")),
    (("Lukasz", "Walesa"), ("Łukasz", "Wałęsa")),
    (("Dorde", "Dokic"), ("Đorđe", "Đokić")),
    (("Thorunn", "Gudmundsdottir"), ("Þórunn", "Guðmundsdóttir")),
    (("Isil", "Yildiz"), ("Işıl", "Yıldız")),
    (("Ibrahim", "Celik"), ("İbrahim", "Çelik")),
    (("Hans", "Gross"), ("Hans", "Groß")),
    (("Coeur", "Dupont"), ("Cœur", "Dupont")),
    (("Ｙｕｋｏ", "Ｓａｔｏ"), ("Yuko", "Sato")),
    (("Γιώργος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"), ("ΓΙΩΡΓΟΣ", "Παπαδόπουλος")),
    (("Алёна", "Королёв"), ("Алена", "Королев")),
    (("محمّد", "علي"), ("محمد", "علی")),
    // Separators
    (("Anna Maria", "Rossi"), ("Anna-Maria", "Rossi")),
    (("Annamaria", "Rossi"), ("Anna Maria", "Rossi")),
    (("Jean Luc", "Le Goff"), ("Jean-Luc", "LeGoff")),
    (("Jean\u{2011}Luc", "Picard"), ("Jean-Luc", "Picard")),
    (("Sean", "OBrien"), ("Seán", "O'Brien")),
    (("Sean", "O\u{2019}Brien"), ("Seán", "O'Brien")),
    (("Sean", "O Brien"), ("Seán", "O\u{2BC}Brien")),
    (("Maria", "D Angelo"), ("Maria", "D\u{B4}Angelo")),
    (("Ian", "Mac Donald"), ("Ian", "MacDonald")),
    (("Alisher", "Gulomov"), ("Alisher", "G\u{2BB}ulomov")),
    (("Mary", "Smith Jones"), ("Mary", "Smith-Jones")),
    // Parts left out or added
    (("John", "Smith"), ("John Robert", "Smith")),
    (("John Robert", "Smith"), ("John", "Smith")),
    (("John R.", "Smith"), ("John Robert", "Smith")),
    (("John Robert", "Smith"), ("John R", "Smith")),
    (("Robert", "Smith"), ("John Robert", "Smith")),
    (("Robert John", "Smith"), ("John Robert", "Smith")),
    (("Gabriel", "García"), ("Gabriel José", "García Márquez")),
    (("Gabriel", "Márquez"), ("Gabriel", "García Márquez")),
    (("Mary", "Jones"), ("Mary", "Smith-Jones")),
    (("Jan", "Berg"), ("Jan", "van den Berg")),
    (("Jan", "Vandenberg"), ("Jan", "van den Berg")),
    (("Maria", "Silva"), ("Maria", "da Silva")),
    (("Luca", "Deluca"), ("Luca", "De Luca")),
    (("Otto", "Bismarck"), ("Otto", "von Bismarck")),
    (("Omar", "Rashid"), ("Omar", "al-Rashid")),
    (("Omar", "Alrashid"), ("Omar", "Al-Rashid")),
    (("Maria Carmen", "Ruiz"), ("María del Carmen", "Ruiz")),
    (("Martin", "King"), ("Martin", "King Jr.")),
    (("Henry", "Ford III"), ("Henry", "Ford")),
    // Order
    (("Silva", "Ana"), ("Ana", "Silva")),
    (("Nguyen Van", "An"), ("An", "Nguyễn Văn")),
    (("Gabriel García", "Márquez"), ("Gabriel", "García Márquez")),
    (("小明", "王"), ("小明", "王")),
    (("王", "小明"), ("小明", "王")),
    (("", "王小明"), ("小明", "王")),
    (("민준", "김"), ("민준", "김")),
    (("Anna", "Schmidt"), ("", "Anna Schmidt")),
    (("Anna Schmidt", ""), ("Anna", "Schmidt")),
    // Other alphabets
    (("Xiaoming", "Wang"), ("小明", "王")),
    (("Hsiao-ming", "Wang"), ("小明", "王")),
    // Single names
    (("Sukarno", ""), ("", "Sukarno")),
    (("Sukarno", "Sukarno"), ("Sukarno", "")),
    (("Sukarno", "-"), ("Sukarno", "")),
    (("Van", "Le"), ("Van", "Le")),
    (("Al", "Do"), ("Al", "Do")),
    // Slips
    (("Micheal", "Johnson"), ("Michael", "Johnson")),
    (("Philip", "Johnson"), ("Phillip", "Johnson")),
    (("Elisabeth", "Johnson"), ("Elizabeth", "Johnson")),
    (("Cristina", "Johnson"), ("Christina", "Johnson")),
    (("Elzabeth", "Johnson"), ("Elizabeth", "Johnson")),
    (("Anna", "Johnsen"), ("Anna", "Johnson")),
    (("Anna", "Jonhson"), ("Anna", "Johnson")),
    (("Anna", "Jonson"), ("Anna", "Johnson")),
    (("Anna", "Papadopuolus"), ("Anna", "Papadopoulos")),
    (("Anna", "Nohnson"), ("Anna", "Johnson")),
    (("Micheal", "Jonson"), ("Michael", "Johnson")),
];

#[rustfmt::skip]
const DIFFER: &[(Typed, OnFile)] = &[
    // Another given name: a twin
    (("Maria", "Silva"), ("Ana", "Silva")),
    (("Anna", "Silva"), ("Anne", "Silva")),
    (("Marta", "Silva"), ("Maria", "Silva")),
    (("Marina", "Silva"), ("Martina", "Silva")),
    (("Daniela", "Silva"), ("Daniel", "Silva")),
    (("Christian", "Silva"), ("Christina", "Silva")),
    (("Kristin", "Silva"), ("Kristian", "Silva")),
    (("Karin", "Silva"), ("Marin", "Silva")),
    (("Kevin", "Silva"), ("Devin", "Silva")),
    (("Jan", "Silva"), ("Jon", "Silva")),
    (("Jan Peter", "Silva"), ("Jon Peter", "Silva")),
    (("Jonpeter", "Silva"), ("Jan Peter", "Silva")),
    (("Maria José", "García"), ("Maria Luisa", "García")),
    (("John Paul", "Smith"), ("John Mark", "Smith")),
    (("John M.", "Smith"), ("John Paul", "Smith")),
    (("Mohammed Omar", "Khan"), ("Mohammed Ali", "Khan")),
    (("Hyun-jin", "Kim"), ("Hyun-min", "Kim")),
    (("Hyunjin", "Kim"), ("Hyunmin", "Kim")),
    (("Seunghun", "Kim"), ("Seunghyun", "Kim")),
    (("Do-yun", "Kim"), ("Ji-yun", "Kim")),
    (("La-yun", "Kim"), ("Do-yun", "Kim")),
    (("Xiaoling", "Wang"), ("Xiaoping", "Wang")),
    (("Xiaoling", "Wang"), ("Xiaolong", "Wang")),
    (("Da Li", "Wang"), ("Xiao Li", "Wang")),
    (("小红", "王"), ("小明", "王")),
    (("민서", "김"), ("민준", "김")),
    (("राम", "शर्मा"), ("रमा", "शर्मा")),
    (("かな", "佐藤"), ("がな", "佐藤")),
    (("Silva", "Maria"), ("Ana", "Silva")),
    (("Maria Silva", "Santos"), ("Ana", "Silva Santos")),
    // Initials
    (("J", "Smith"), ("John", "Smith")),
    (("John", "Smith"), ("J.", "Smith")),
    (("J. R.", "Smith"), ("John Robert", "Smith")),
    (("John", "S"), ("John", "Smith")),
    // Sound alone
    (("Catherine", "Smith"), ("Katherine", "Smith")),
    (("Sean", "Smith"), ("Shawn", "Smith")),
    (("Geoffrey", "Smith"), ("Jeffrey", "Smith")),
    (("Ana", "Maier"), ("Ana", "Meyr")),
    (("Ana", "Leigh"), ("Ana", "Lee")),
    // Another family name
    (("Mary", "Jones"), ("Mary", "Smith")),
    (("Anna", "Lang"), ("Anna", "Lund")),
    (("Anna", "Meer"), ("Anna", "Meir")),
    (("Anna", "van"), ("Anna", "van Dijk")),
    (("Anna", "Jansen de Vries"), ("Anna", "Jansen de Boer")),
    (("Anna", "Petrovic"), ("Anna", "Pavlovic")),
    // Nicknames, unless the host has a table
    (("Bill", "Smith"), ("William", "Smith")),
    // Missing
    (("Ana", ""), ("Ana", "Silva")),
    (("", "Silva"), ("Ana", "Silva")),
    (("", ""), ("Ana", "Silva")),
    (("Ana", "Silva"), ("", "")),
    (("Ana", "Silva"), ("", "Silva")),
    (("Ana", "Silva"), ("Ana", "")),
    (("Ahmad", "Sukarno"), ("Sukarno", "")),
    (("\u{1F600}", "."), ("\u{1F600}", ".")),
];

#[test]
fn names_agree_when_one_person_may_have_typed_both() {
    let wrong: Vec<_> = AGREE.iter().filter(|(typed, filed)| !agree(*typed, *filed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_of_two_people_do_not_agree() {
    let wrong: Vec<_> = DIFFER.iter().filter(|(typed, filed)| agree(*typed, *filed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whichever of the two is on file.
#[test]
fn agreement_of_names_is_symmetric() {
    let pairs = AGREE.iter().chain(DIFFER);
    let wrong: Vec<_> =
        pairs.filter(|(typed, filed)| agree(*typed, *filed) != agree(*filed, *typed)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// ID-4: each name would be a guess.
#[test]
fn a_list_of_names_does_not_agree() {
    assert!(agree(("Ana Rita Luisa", "Silva Costa"), ("Ana", "Silva")));
    assert!(!agree(("Eva Rita Luisa Ana", "Silva"), ("Ana", "Silva")));
    assert!(!agree(("Ana", "Costa Rossi Smith Silva"), ("Ana", "Silva")));
    assert!(!agree(("Costa Rossi Smith Silva", "Ana"), ("Ana", "Silva")));
    assert!(agree(("Ana", "Silva"), ("Ana", "Silva Costa Rossi Smith")));
}

/// ID-10
#[test]
fn a_twin_with_the_others_record_number_does_not_agree() {
    let index = index(IdentityRules::default());
    let (typed, on_file) = (claims("Maria", "Silva", "1980-02-29", "MRN-0042"), person("Ana", "Silva"));
    assert!(finds(&index, &typed, &on_file));
    assert_eq!(index.rules().compare(&typed, &on_file), Agreement::NamesDiffer);
}

#[test]
fn a_father_of_the_same_name_does_not_agree() {
    let typed = claims("John", "Smith", "1950-01-02", "MRN-0042");
    assert_eq!(
        IdentityRules::default().compare(&typed, &person("John", "Smith Jr")),
        Agreement::BirthDateDiffers
    );
}

#[test]
fn one_slip_in_the_birth_date_is_forgiven_unless_the_host_forbids_it() {
    let exact = IdentityRules::builder().exact_birth_date().build().unwrap();
    for born in
        ["1980-02-28", "1980-03-01", "1980-03-29", "1980-12-29", "1980-02-20", "1984-02-29", "1988-02-29"]
    {
        let typed = claims("Ana", "Silva", born, "1");
        assert_eq!(
            IdentityRules::default().compare(&typed, &person("Ana", "Silva")),
            Agreement::Agrees,
            "{born}"
        );
        assert_eq!(exact.compare(&typed, &person("Ana", "Silva")), Agreement::BirthDateDiffers, "{born}");
    }
    for born in ["1980-03-02", "1981-02-28", "1960-02-29", "1982-12-29", "1980-05-07"] {
        let typed = claims("Ana", "Silva", born, "1");
        let found = IdentityRules::default().compare(&typed, &person("Ana", "Silva"));
        assert_eq!(found, Agreement::BirthDateDiffers, "{born}");
    }
}

#[test]
fn a_missing_birth_date_does_not_agree_unless_the_host_keeps_none() {
    let (with, without) = (person("Ana", "Silva"), Person::new("Ana", "Silva"));
    let rules = IdentityRules::default();
    assert_eq!(rules.compare(&claims("Ana", "Silva", "", "1"), &with), Agreement::Missing);
    assert_eq!(rules.compare(&claims("Ana", "Silva", "1980-02-29", "1"), &without), Agreement::Missing);
    let rules = IdentityRules::builder().not_kept(Attribute::BirthDate).build().unwrap();
    assert!(rules.agrees(&claims("Ana", "Silva", "1980-02-28", "1"), &with));
    let rules = IdentityRules::builder().not_kept(Attribute::FamilyName).build().unwrap();
    assert!(rules.agrees(&claims("Ana", "Other", "1980-02-29", "1"), &with));
    assert!(!rules.agrees(&claims("Eva", "Silva", "1980-02-29", "1"), &with));
}

proptest! {
    /// ID-6
    #[test]
    fn a_name_agrees_with_itself(given in "\\p{L}{1,10}( \\p{L}{2,10})?", family in "\\p{L}{1,10}") {
        let typed = claims(&given, &family, "1980-02-29", "1");
        prop_assert_ne!(IdentityRules::default().compare(&typed, &person(&given, &family)), Agreement::NamesDiffer);
    }
}
