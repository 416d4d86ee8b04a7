//! Numbers that follow from a rule: steps, powers, primes, the digits of pi.

use super::cut::Cut;
use super::part::PartKind;
use super::text::Text;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Bits for which of them, and from where.
const KNOWN: f32 = 8.0;
/// Bits to say that numbers count on.
const COUNTS: f32 = 3.0;
const SHORTEST: usize = 7;
const FIRST_DIGITS: usize = 4;

const PI: &str = "3141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117067982148086513";
const E: &str = "2718281828459045235360287471352662497757247093699959574966967627724076630353547594571382178525166427427466391932";
const ROOT_2: &str = "1414213562373095048801688724209698078569671875376948073176679737990732478462107038850387534327641572735013846230";
const GOLDEN: &str = "1618033988749894848204586834365638117720309179805762862135448622705260462818902449707207204189391137484754088075";
const ROOT_3: &str = "1732050807568877293527446341505872366942805253810380628055806979451933016908800037081146186757248575675626141415";
const ROOT_5: &str = "2236067977499789696409173668731276235440618359611525724270897245410520925637804899414414408378782274969508176150";
const LN_2: &str = "6931471805599453094172321214581765680755001343602552541206800094933936219696947156058633269964186875420014810205";
const LN_10: &str = "2302585092994045684017991454684364207601101488628772976033327900967572609677352480235997205089598298341967784042";
const ROOT_10: &str = "3162277660168379331998893544432718533719555139325216826857504852792594438639238221344248108379300295187347284152";
const TAU: &str = "6283185307179586476925286766559005768394338798750211641949889184615632812572417997256069650684234135964296173026";
const GAMMA: &str = "577215664901532860606512090082402431042159335939923598805767234884867726777664670936947063291746749514631447249807";

static SERIES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let joined =
        |numbers: &mut dyn Iterator<Item = u64>| numbers.map(|number| number.to_string()).collect::<String>();
    let prime = |number: &u64| {
        *number >= 2 && (2..*number).take_while(|d| d * d <= *number).all(|d| !number.is_multiple_of(d))
    };
    let fibonacci =
        || std::iter::successors(Some((0_u64, 1_u64)), |&(a, b)| Some((b, a + b))).map(|(_, b)| b);
    let power = |base: u64| std::iter::successors(Some(1_u64), move |last| last.checked_mul(base)).take(40);
    let mut series = vec![
        joined(&mut (2..400).filter(prime)),
        joined(&mut fibonacci().take(45)),
        joined(&mut fibonacci().skip(1).take(45)),
        joined(&mut (1..60).map(|n| n * n)),
        joined(&mut (1..40).map(|n| n * n * n)),
        joined(&mut (1..60).map(|n| n * (n + 1) / 2)),
        joined(&mut (1..16).map(|n| (1..=n).product())),
    ];
    series.extend((2..=12).map(|base| joined(&mut power(base))));
    series.extend((2..=25).map(|factor| joined(&mut (1..40).map(|n| n * factor))));
    series
        .extend([PI, E, ROOT_2, GOLDEN, ROOT_3, ROOT_5, LN_2, LN_10, ROOT_10, TAU, GAMMA].map(str::to_owned));
    let backwards: Vec<String> = series.iter().map(|digits| digits.chars().rev().collect()).collect();
    series.extend(backwards);
    series
});

/// The series that go on from these digits, and where in them.
static PLACES: LazyLock<HashMap<&str, Vec<(usize, usize)>>> = LazyLock::new(|| {
    let mut places: HashMap<_, Vec<_>> = HashMap::new();
    for (number, series) in SERIES.iter().enumerate() {
        for at in 0..(series.len() + 1).saturating_sub(SHORTEST) {
            places.entry(&series[at..at + SHORTEST]).or_default().push((number, at));
        }
    }
    places
});

pub(super) fn voice(cut: &mut Cut, text: &Text) {
    // Where each digit stands: what joins the numbers is left out.
    let places: Vec<usize> = (0..text.len()).filter(|&at| text.plain[at].is_ascii_digit()).collect();
    let digits: String = places.iter().map(|&at| text.plain[at]).collect();
    // Nothing between them, or the same sign between all numbers.
    let spread = |from: usize, to: usize| {
        let mut signs =
            (places[from]..places[to - 1]).map(|at| text.plain[at]).filter(|c| !c.is_ascii_digit());
        let Some(sign) = signs.next() else { return Some(0.0) };
        signs.all(|other| !other.is_alphanumeric() && (other == sign || other == ' ')).then_some(4.0)
    };
    let mut from = 0;
    while from + SHORTEST <= digits.len() {
        let known = longest(&digits[from..]);
        // They are looked for where digits begin.
        let begins = from < FIRST_DIGITS || places[from - 1] + 1 < places[from];
        let counted = if begins { counting(&digits[from..]).unwrap_or((0, 0.0)) } else { (0, 0.0) };
        if known >= SHORTEST
            && let Some(signs) = spread(from, from + known)
        {
            cut.offer(PartKind::Sequence, places[from], places[from + known - 1] + 1, KNOWN + signs);
        }
        if counted.0 >= SHORTEST
            && let Some(signs) = spread(from, from + counted.0)
        {
            cut.offer(PartKind::Sequence, places[from], places[from + counted.0 - 1] + 1, counted.1 + signs);
        }
        from += 1;
    }
}

/// The longest beginning of `digits` that is in one of the series.
fn longest(digits: &str) -> usize {
    let Some(places) = digits.get(..SHORTEST).and_then(|first| PLACES.get(first)) else { return 0 };
    let same = |series: &str| series.bytes().zip(digits.bytes()).take_while(|(a, b)| a == b).count();
    places.iter().map(|&(series, at)| same(&SERIES[series][at..])).max().unwrap_or(0)
}

/// Numbers of up to four digits, each as much above or below the one before: how many digits, and for how many bits.
fn counting(digits: &str) -> Option<(usize, f32)> {
    let mut best = None;
    for first in 1..=4 {
        for second in first.max(2) - 1..=first + 1 {
            let (Some(a), Some(b)) = (value(digits, 0, first), value(digits, first, second)) else {
                continue;
            };
            let step = b - a;
            if step == 0 || (first > 1 && digits.starts_with('0')) {
                continue;
            }
            let (mut at, mut last) = (first + second, b);
            while let Some(next) = follows(&digits[at..], last + step, second) {
                last += step;
                at += next;
            }
            #[expect(clippy::cast_precision_loss, reason = "four digits")]
            let bits = COUNTS + ((a + 1) as f32).log2() + (step.unsigned_abs() as f32).log2() + 1.0;
            if at > first + second && best.is_none_or(|(longest, _)| at > longest) {
                best = Some((at, bits));
            }
        }
    }
    best
}

fn value(digits: &str, from: usize, length: usize) -> Option<i64> {
    digits.get(from..from + length)?.parse().ok()
}

fn follows(digits: &str, next: i64, width: usize) -> Option<usize> {
    let plain = next.to_string();
    let padded = format!("{next:0width$}");
    [padded, plain].iter().find(|next| digits.starts_with(next.as_str())).map(String::len)
}
