//! Usernames and e-mail addresses.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regain::identity::{AddressError, EmailAddress, Identifier, MAX_IDENTIFIER_BYTES, username_key};

/// ID-6, CVE-2019-19844, CVE-2024-27295
#[test]
fn look_alike_identifiers_never_share_a_key() {
    let pairs = [
        ("mike", "m\u{131}ke"),
        ("mike", "m\u{130}ke"),
        ("mike", "mi\u{212A}e"),
        ("strasse", "stra\u{DF}e"),
        ("muller", "m\u{FC}ller"),
        ("mueller", "m\u{FC}ller"),
        ("sam", "\u{17F}am"),
        ("fina", "\u{FB01}na"),
        ("bob", "b\u{43E}b"),
        ("bob", "bob\0"),
        ("bob", "bob\u{200B}"),
        ("bob", "bo\u{AD}b"),
        ("bob", "bob\u{FE0F}"),
        ("bob", "bob."),
        ("bob", "\u{24D1}ob"),
        ("bob", "\u{1D41B}ob"),
        ("angstrom", "\u{212B}ngstrom"),
        ("\u{3C9}", "\u{2126}"),
    ];
    for (one, other) in pairs {
        for suffix in ["", "@example.org"] {
            let (one, other) = (format!("{one}{suffix}"), format!("{other}{suffix}"));
            let (a, b) = (Identifier::parse(&one), Identifier::parse(&other));
            let keys =
                |id: &Identifier| [id.username_key().map(str::to_owned), id.email_key().map(str::to_owned)];
            assert!(!a.is_malformed(), "{one}");
            let shared =
                keys(&a).into_iter().flatten().any(|key| keys(&b).into_iter().flatten().any(|k| k == key));
            assert!(!shared, "{one:?} {other:?}");
        }
    }
}

/// ID-6
#[test]
fn a_full_width_address_finds_no_mailbox() {
    let typed = Identifier::parse("\u{FF42}ob@example.org");
    assert_eq!(typed.email_key(), None);
    assert!(EmailAddress::parse("\u{FF42}ob@example.org").is_err());
}

/// UN-1
#[test]
fn usernames_follow_the_known_vectors() {
    let accepted = [
        ("juliet", "juliet"),
        ("Juliet", "juliet"),
        ("fu\u{DF}ball", "fu\u{DF}ball"),
        ("FU\u{1E9E}BALL", "fu\u{DF}ball"),
        ("\u{3C0}", "\u{3C0}"),
        ("\u{3A3}", "\u{3C3}"),
        ("\u{3C3}", "\u{3C3}"),
        ("\u{3C2}", "\u{3C2}"),
        ("\u{FF22}ob", "bob"),
        ("e\u{301}ve", "\u{E9}ve"),
        ("\u{C9}ve", "\u{E9}ve"),
        ("\u{FF76}\u{FF9E}", "\u{30AC}"),
        ("\u{5D0}\u{5D1}7", "\u{5D0}\u{5D1}7"),
        ("foo bar", "foo bar"),
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
    ];
    for (typed, key) in accepted {
        assert_eq!(username_key(typed).as_deref(), Some(key), "{typed:?}");
    }
    let refused = [
        "",
        " ",
        "bob ",
        "a  b",
        "henry\u{2163}",
        "\u{212A}im",
        "\u{FB01}n",
        "a\u{A0}b",
        "a\u{2028}b",
        "bob\n",
        "bob\u{7F}",
        "\u{5D0}bc",
        "abc\u{5D0}",
        "7\u{5D0}",
        "\u{5D0}7\u{660}",
        "\u{FFFE}",
        "\u{FFFD}",
    ];
    for typed in refused {
        assert_eq!(username_key(typed), None, "{typed:?}");
    }
}

/// UN-4, GHSA-7rqj-j65f-68wh
#[test]
fn other_forms_of_the_at_sign_are_refused() {
    for at in ['\u{FF20}', '\u{FE6B}'] {
        for text in [
            format!("bob{at}example.org"),
            format!("bob@example.org{at}evil.org"),
            format!("bob{at}evil@example.org"),
        ] {
            assert_eq!(EmailAddress::parse(&text), Err(AddressError::ForbiddenCharacter));
            assert!(Identifier::parse(&text).is_malformed());
            assert_eq!(username_key(&text), None);
        }
    }
}

/// UN-3, NO-7
#[test]
fn an_address_is_kept_byte_for_byte_and_found_by_its_key() {
    let cases = [
        ("Ana.Silva@Example.ORG", "ana.silva@example.org"),
        ("ana+recovery@example.org", "ana+recovery@example.org"),
        ("ana@B\u{FC}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@bu\u{308}cher.example", "ana@xn--bcher-kva.example"),
        ("ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
        ("A\u{301}na@example.org", "\u{E1}na@example.org"),
        ("root@localhost", "root@localhost"),
    ];
    for (given, key) in cases {
        let address = EmailAddress::parse(given).unwrap();
        assert_eq!(address.as_str(), given);
        assert_eq!(address.key().as_str(), key);
    }
}

/// NO-7, UN-4
#[test]
fn addresses_that_parsers_disagree_about_are_refused() {
    let long_local = format!("{}@example.org", "a".repeat(65));
    let accents = format!("{}@example.org", "\u{E9}".repeat(33));
    let long_domain = format!("a@{}org", "abcdefghi.".repeat(26));
    let long_label = format!("a@{}.org", "a".repeat(64));
    let refused = [
        "",
        "@",
        "a@",
        "@b.org",
        "ab.org",
        "a@b@c.org",
        "a b@c.org",
        " a@b.org",
        "a@b.org ",
        "a@b.org\r\nBcc: x@y.org",
        "a\n@b.org",
        "a\0@b.org",
        "a@b.org\u{200B}",
        "a\u{200D}b@c.org",
        "a@b\u{AD}c.org",
        "\"a b\"@c.org",
        "\"a\"@c.org",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@[IPv6:::1]",
        "a@b..org",
        "a@.b.org",
        "a@b.org.",
        ".a@b.org",
        "a.@b.org",
        "a..b@c.org",
        "a,b@c.org",
        "<a@b.org>",
        "a@b_c.org",
        "a@-b.org",
        "a@b-.org",
        "a@b.org,x@y.org",
        "a;b@c.org",
        "a\u{37E}b@c.org",
        "a@b\u{2100}c.org",
        "a@xn--zzzzzzzz\u{7F}.org",
        &long_local,
        &accents,
        &long_domain,
        &long_label,
    ];
    for address in refused {
        assert!(EmailAddress::parse(address).is_err(), "{address:?}");
    }
    assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(64))).is_ok());
}

/// RL-8
#[test]
fn the_spellings_of_one_identifier_share_one_budget() {
    let families: [&[&str]; 4] = [
        &[
            "bob@x.org",
            "Bob@x.org",
            " bob@x.org",
            "bob@X.ORG\t",
            "bob\u{FF20}x.org",
            "\u{FF42}ob@x.org",
            "bo\u{200B}b@x.org",
            "bob@x.org\0",
            "BOB\u{200B}@X.org ",
        ],
        &["bob@x", "Bob@x", " bob@x", "bob@x\u{3000}"],
        &["\u{E9}ve", "e\u{301}ve", "\u{C9}VE", " E\u{301}ve ", "\u{FEFF}\u{E9}ve"],
        &["ana@b\u{FC}cher.example", "Ana@xn--bcher-kva.example", "\u{FF41}na@b\u{FC}cher.example"],
    ];
    for family in families {
        let canonical: BTreeSet<String> =
            family.iter().map(|typed| Identifier::parse(typed).canonical().to_owned()).collect();
        assert_eq!(canonical.len(), 1, "{family:?} {canonical:?}");
    }
    assert_ne!(Identifier::parse("bob").canonical(), Identifier::parse("bobby").canonical());
}

/// ID-5
#[test]
fn an_identifier_of_a_mebibyte_is_malformed_and_cut() {
    for text in [
        "a".repeat(1 << 20),
        "\u{E9}".repeat(1 << 19),
        " ".repeat(1 << 20),
        format!("bob{}", " ".repeat(1 << 20)),
        format!("{}@x.org", "a.".repeat(1 << 19)),
    ] {
        let typed = Identifier::parse(&text);
        assert!(typed.is_malformed());
        assert!(typed.as_typed().len() <= MAX_IDENTIFIER_BYTES + 4);
        assert_eq!(Identifier::parse(typed.as_typed()), typed);
        assert!(typed.canonical().len() <= 4 * MAX_IDENTIFIER_BYTES);
    }
    assert!(Identifier::parse(&"a".repeat(MAX_IDENTIFIER_BYTES)).username_key().is_some());
    assert!(Identifier::parse(&"a".repeat(MAX_IDENTIFIER_BYTES + 1)).is_malformed());
}

/// The basic plane, and beyond it the letters with case and those that stand for others.
fn characters() -> impl Iterator<Item = char> {
    let cased = ('\u{10400}'..='\u{104FF}').chain('\u{118A0}'..='\u{118DF}').chain('\u{1E900}'..='\u{1E95F}');
    let others =
        ('\u{1D400}'..='\u{1D7FF}').chain('\u{1F100}'..='\u{1F1FF}').chain('\u{2F800}'..='\u{2FA1F}');
    ('\0'..='\u{FFFF}').chain(cased).chain(others)
}

/// UN-1
#[test]
fn a_key_with_any_character_is_its_own_key() {
    for c in characters() {
        let text = format!("a{c}");
        if let Some(key) = username_key(&text) {
            assert_eq!(username_key(&key).as_ref(), Some(&key), "{text:?}");
        }
        if let Ok(address) = EmailAddress::parse(&format!("{text}@example.org")) {
            let again = EmailAddress::parse(address.key().as_str()).unwrap();
            assert_eq!(again.key(), address.key(), "{text:?}");
        }
    }
}

/// ID-6: of all characters, only the other case shares the key of an ASCII letter; in usernames also another width.
#[test]
fn nothing_but_case_and_width_passes_for_an_ascii_letter() {
    let mut as_username = BTreeSet::new();
    let mut in_address = BTreeSet::new();
    for c in characters().filter(|c| !c.is_ascii()) {
        if username_key(&format!("a{c}b")).is_some_and(|key| key.is_ascii()) {
            as_username.insert(c);
        }
        let address = EmailAddress::parse(&format!("a{c}b@example.org"));
        if address.is_ok_and(|address| address.key().as_str().is_ascii()) {
            in_address.insert(c);
        }
    }
    // Full-width `!` to `~`, without the full-width `@`, and the ideographic space.
    let width: BTreeSet<char> =
        ('\u{FF01}'..='\u{FF5E}').filter(|c| *c != '\u{FF20}').chain(['\u{3000}']).collect();
    assert_eq!(as_username, width);
    assert_eq!(in_address, BTreeSet::new());
}

proptest! {
    /// UN-1
    #[test]
    fn a_username_key_is_its_own_key(text in any::<String>()) {
        if let Some(key) = username_key(&text) {
            prop_assert_eq!(username_key(&key), Some(key));
        }
    }

    /// UN-3
    #[test]
    fn an_address_key_is_its_own_key(local in "[^@]{1,12}", domain in "[a-zA-Z\u{C0}-\u{24F}.-]{1,12}") {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
            let again = EmailAddress::parse(address.key().as_str()).unwrap();
            prop_assert_eq!(again.key(), address.key());
        }
    }

    /// ID-6
    #[test]
    fn an_identifier_typed_twice_is_the_same_identifier(text in any::<String>()) {
        let typed = Identifier::parse(&text);
        prop_assert_eq!(&Identifier::parse(typed.as_typed()), &typed);
    }
}
