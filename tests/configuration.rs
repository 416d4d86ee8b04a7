//! What is weaker than a floor does not build, and the error says which floor and whose.

use regain::Recovery;
use regain::budget::Quota;
use regain::keys::{KeyError, KeyRing};
use regain::recovery::{ConfigError, Limits, RecoveryBuilder};
use regain::testing::World;
use time::Duration;

fn error_of(configure: impl FnOnce(RecoveryBuilder) -> RecoveryBuilder) -> Option<ConfigError> {
    configure(Recovery::builder(World::builder().setup())).build().err()
}

/// RC-5, RL-10
#[test]
fn the_defaults_build() {
    assert_eq!(error_of(|builder| builder), None);
}

/// RC-4
#[test]
fn a_life_over_24_hours_does_not_build() {
    type Set = fn(RecoveryBuilder, Duration) -> RecoveryBuilder;
    let settings: [(&str, Set); 2] =
        [("link_life", RecoveryBuilder::link_life), ("request_life", RecoveryBuilder::request_life)];
    for (name, set) in settings {
        let longest = Duration::hours(24);
        assert_eq!(error_of(|builder| set(builder, longest)), None, "{name}");
        let error = error_of(|builder| set(builder, longest + Duration::milliseconds(1))).expect(name);
        let text = error.to_string();
        for part in [name, "24 h", "NIST SP 800-63B-4 4.2.1.2"] {
            assert!(text.contains(part), "{text:?} does not name {part}");
        }
        for short in [Duration::milliseconds(59_999), Duration::ZERO, -Duration::HOUR] {
            let error = error_of(|builder| set(builder, short)).expect(name);
            assert_eq!(error, ConfigError::Invalid { what: name, rule: "at least a minute" });
        }
    }
}

/// RL-1, RL-6: the limits that protect an account have ceilings.
#[test]
fn limits_that_protect_nobody_do_not_build() {
    type Set = fn(&mut Limits, Quota);
    let settings: [(&str, Set, u32, &str); 5] = [
        ("weighings_per_account", |limits, quota| limits.weighings_per_account = quota, 200, "ten links"),
        ("claims_per_attribute", |limits, quota| limits.claims_per_attribute = quota, 100, "OWASP ASVS"),
        ("claims_per_account", |limits, quota| limits.claims_per_account = quota, 100, "OWASP ASVS"),
        ("mails_per_account_day", |limits, quota| limits.mails_per_account_day = quota, 100, "OWASP"),
        ("sign_ins_per_identifier", |limits, quota| limits.sign_ins_per_identifier = quota, 2_400, "NIST"),
    ];
    for (name, set, ceiling, source) in settings {
        let with = |count, period| {
            let mut limits = Limits::default();
            set(&mut limits, Quota::new(count, period));
            error_of(|builder| builder.limits(limits))
        };
        assert_eq!(with(ceiling, Duration::DAY), None, "{name}");
        for (count, period) in [(ceiling + 1, Duration::DAY), (ceiling, Duration::hours(23))] {
            let text = with(count, period).expect(name).to_string();
            assert!(text.contains(name) && text.contains(source), "{text:?}");
        }
    }
}

/// Two keys of one number would leave half of what is sealed unreadable.
#[test]
fn a_key_ring_has_no_two_keys_of_one_number() {
    let ring = KeyRing::new(3, [1; 32]);
    assert!(matches!(ring.clone().with_key(3, [2; 32]), Err(KeyError::DoubledId(3))));
    assert!(ring.with_key(4, [2; 32]).is_ok());
}
