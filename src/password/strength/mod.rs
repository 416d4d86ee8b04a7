//! How many guesses a password takes: a lower bound, in bits, for somebody who knows the person, the service, words and names
//! of several languages, keyboards, dates, codes and disguises.
//!
//! A text is cut into parts, and each part is priced by the voice to which it costs least: a word by how many are more
//! common, a copy by where it is copied from, a walk on the keys by its turns, and what no voice knows by the alphabet that
//! its characters are from. The sum of the cheapest cut is the estimate. Codes that are read as a whole (`cGFzc3dvcmQ=`) are
//! decoded, and what comes out is priced with a few bits more. It is a sum of logarithms of counts: 40 bits are 2^40 guesses.

mod code;
mod cut;
mod date;
mod dress;
mod lag;
mod number;
mod order;
mod part;
mod phrase;
mod tables;
mod text;
mod walk;
mod words;

use cut::Cut;
pub use part::{Part, PartKind};
use text::Text;

/// A code that saves less than a quarter is one by chance: the price holds, but nobody is told of it.
const BY_CHANCE: f32 = 0.75;

/// Bits that a text costs at least, and in which parts.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    pub(super) bits: f32,
    pub(super) parts: Vec<Part>,
}

impl Estimate {
    fn of(parts: Vec<Part>) -> Self {
        Self { bits: parts.iter().map(|part| part.bits).sum(), parts }
    }

    /// What most of the text is, of that which was recognised; unknown where that is less than half of it.
    pub(super) fn mostly(&self) -> PartKind {
        let length = |kind: PartKind| -> usize {
            self.parts.iter().filter(|part| part.kind == kind).map(|part| part.characters).sum()
        };
        let unknown = length(PartKind::Unknown);
        let all: usize = self.parts.iter().map(|part| part.characters).sum();
        let known = self.parts.iter().map(|part| part.kind).filter(|&kind| kind != PartKind::Unknown);
        known.max_by_key(|&kind| length(kind)).filter(|_| 2 * unknown <= all).unwrap_or(PartKind::Unknown)
    }
}

/// `own` are words that others may know of the person or the service, undisguised.
pub(super) fn estimate(text: &str, own: &[Vec<char>]) -> Estimate {
    let read = Text::read(text);
    let mut cut = Cut::new(&read);
    simple_voices(&mut cut, &read, own);
    words::meant(&mut cut, &read);
    words::shown_to_zxcvbn(&mut cut, &read);
    phrase::voice(&mut cut, &read);
    date::voice(&mut cut, &read);
    number::voice(&mut cut, &read);
    let mut least = Estimate::of(cut.cheapest());
    let at_first = least.bits;
    for reading in code::readings(text, &read.plain) {
        let same_length = reading.text.len() == read.len();
        let decoded = if same_length { read.read_as(reading.text) } else { Text::decoded(&reading.text) };
        let other = decoded_estimate(&decoded, own);
        let bits = other.bits + reading.bits;
        if bits < least.bits {
            let parts = match reading.is_spelling {
                true => other.parts,
                false if bits < BY_CHANCE * at_first => vec![whole(&read, bits)],
                false => least.parts,
            };
            least = Estimate { bits, parts };
        }
    }
    for (places, extra) in order::orders(&read.plain) {
        let bits = decoded_estimate(&read.in_order(&places), own).bits + extra;
        if bits < least.bits {
            let parts = if bits < BY_CHANCE * at_first { vec![whole(&read, bits)] } else { least.parts };
            least = Estimate { bits, parts };
        }
    }
    least
}

fn whole(text: &Text, bits: f32) -> Part {
    Part { kind: PartKind::Code, characters: text.len(), bits }
}

fn decoded_estimate(text: &Text, own: &[Vec<char>]) -> Estimate {
    let mut cut = Cut::new(text);
    simple_voices(&mut cut, text, own);
    phrase::voice(&mut cut, text);
    date::voice(&mut cut, text);
    Estimate::of(cut.cheapest())
}

/// Those that are asked of a decoded text too.
fn simple_voices(cut: &mut Cut, text: &Text, own: &[Vec<char>]) {
    words::plain(cut, text);
    words::common(cut, text);
    words::own(cut, text, own);
    lag::voice(cut, text);
    walk::voice(cut, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priced(text: &str) -> f32 {
        bits(text, &[])
    }

    fn bits(text: &str, own: &[Vec<char>]) -> f32 {
        estimate(text, own).bits
    }

    /// Each by the voice that knows it; without that voice it is dearer than this.
    #[test]
    fn what_follows_from_little_costs_little() {
        for (text, most) in [
            ("hospital", 12.0),
            ("latipsoh", 13.0),
            ("h0sp1tal", 15.0),
            ("HoSpItAl", 14.0),
            ("hospitalhospitalhospital", 20.0),
            ("hospital|latipsoh", 22.0),
            ("unhospitalisable", 34.0),
            ("abcdefghijklmnop", 12.0),
            ("2468101214161820", 12.0),
            ("1qaz2wsx3edc4rfv", 22.0),
            ("qwertyuiopasdfgh", 24.0),
            ("azertyuiopqsdfgh", 28.0),
            ("31415926535897932384", 12.0),
            ("1-4-9-16-25-36-49-64", 16.0),
            ("to be or not to be", 16.0),
            ("tbontbtitq", 16.0),
            ("aG9zcGl0YWw=", 16.0),
            ("%68%6f%73%70%69%74%61%6c", 16.0),
            (".... --- ... .--. .. - .- .-..", 16.0),
            ("8-15-19-16-9-20-1-12", 17.0),
            ("hotel oscar sierra papa india tango alfa lima", 17.0),
            ("104 111 115 112 105 116 97 108", 16.0),
            ("ubfcvgny", 18.0),
            ("hhoossppiittaall", 16.0),
            ("17/03/1984", 18.0),
            ("a1c2e3g4i5k6m7o8", 32.0),
            ("122333444455555666666", 20.0),
            ("абвгдежзиклм", 24.0),
            ("aG9zcGl0\u{200b}YWw=", 16.0),
            ("фывамипенгоьтирнек", 45.0),
            ("25/3/1984", 18.0),
            ("げんき", 14.0),
            ("hpoasspsiwtoarld", 24.0),
            ("hloastpi", 18.0),
            ("ohpstila", 18.0),
            ("hos1984pital", 28.0),
            ("h1o9s8p4i1t9a8l4", 32.0),
            ("slhkrgzo", 20.0),
            ("14th of January 2017", 22.0),
            ("4 de marzo de 1984", 22.0),
            ("marzo1984", 15.0),
            ("3wa/9iopq2cft6m6tfc", 45.0),
            ("dsa;lkjhy6nhy", 28.0),
            ("счастье", 13.0),
            ("θάλασσα", 13.0),
            ("ירושלים", 13.0),
            ("안녕하세요", 13.0),
            ("Morgenstund hat Gold im Mund", 18.0),
            ("DE89 3704 0044 0532 0130 00", 17.0),
        ] {
            let bits = priced(text);
            assert!(bits <= most, "{text}: {bits}");
        }
    }

    /// At least a tenth less than what was drawn from, whatever looks like a pattern in it.
    #[test]
    fn what_was_drawn_at_random_keeps_its_price() {
        for (text, drawn) in [
            ("xqzvkwjpbdmgh", 61.1),
            ("7Gk#v!Qz", 52.6),
            ("8401635297361840", 53.1),
            ("c3f09be4d71a85", 56.0),
            ("spearman ladder oboe customs", 51.7),
            ("鮮掲砲耐粒", 58.9),
            ("гъмобжщекю", 50.0),
            ("гъмобжщекю616263", 60.0),
            ("xqz104kwj111pbd115mgh112", 95.0),
        ] {
            let bits = priced(text);
            assert!(bits >= 0.9 * drawn, "{text}: {bits}");
        }
    }

    #[test]
    fn own_data_costs_little_also_with_signs_within() {
        let own = ["maria", "34655012345"].map(|word| word.chars().collect::<Vec<char>>());
        for text in ["maria", "M4ria", "+34 655 012 345", "maria-34655012345"] {
            assert!(bits(text, &own) <= 16.0, "{text}: {}", bits(text, &own));
            assert!(bits(text, &own) <= priced(text), "{text}");
        }
    }

    #[test]
    fn nothing_costs_nothing_and_more_is_not_cheaper_than_a_part_by_much() {
        assert!(priced("").abs() < f32::EPSILON);
        let (part, whole) = (priced("spearman ladder oboe"), priced("spearman ladder oboe customs"));
        assert!(part < whole);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_price(text in "\\PC{0,200}", own in "\\PC{0,12}") {
            let bits = bits(&text, &[own.chars().collect()]);
            proptest::prop_assert!(bits.is_finite() && bits >= 0.0, "{bits}");
        }

        #[test]
        fn any_code_has_a_price(text in "[0-9a-fA-F%=./ -]{0,80}") {
            proptest::prop_assert!(bits(&text, &[]).is_finite());
        }
    }
}
