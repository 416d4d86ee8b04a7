//! Slips: what people mistype, and what others type who are not the person.

use time::{Date, Duration};

use crate::people::{CULTURES, Dice, Entry, somebody};

const NICKNAMES: &str = "William:Bill,Robert:Bob,Elizabeth:Liz,Margaret:Peggy,Richard:Dick,José:Pepe,Wolfgang:Wolle,Krzysztof:Krzysiek,Екатерина:Катя,James:Jim";

pub const SOUND_ALIKE: &str = "Catherine:Katherine,Sean:Shawn,Geoffrey:Jeffrey,Stephen:Steven,Carl:Karl,Eric:Erik,Marc:Mark,Kristine:Christine,Sofia:Sophia,Yannick:Janik,Claire:Clare,Zoe:Zoey";

/// A slip made by the person themself, or nothing if it cannot be made in their case.
pub type Slip = fn(&Entry, &mut Dice) -> Option<Entry>;

/// Slips that the rules were made for.
pub const SLIPS: [(&str, Slip); 34] = [
    ("no slip", |entry, _| Some(entry.clone())),
    ("all capitals", |entry, _| both(entry, |name| name.to_uppercase())),
    ("record number without separator, small letters", |entry, _| {
        number(entry, entry.number.replace('-', "").to_ascii_lowercase())
    }),
    ("accents dropped", |entry, _| both(entry, without_accents)),
    ("umlauts written out", |entry, _| both(entry, umlauts_written_out)),
    ("hyphen for space or space for hyphen", |entry, _| both(entry, hyphens_swapped)),
    ("apostrophe dropped or of another kind", |entry, dice| {
        both(entry, |name| apostrophe(name, dice.below(3)))
    }),
    ("names run together", |entry, _| both(entry, |name| name.replace([' ', '-'], ""))),
    ("given and family name swapped", |entry, _| {
        Some(Entry { given: entry.family.clone(), family: entry.given.clone(), ..entry.clone() })
    }),
    ("particle left out", |entry, _| family(entry, without_particles(&entry.family)?)),
    ("middle name left out", |entry, _| given(entry, entry.given.split_once(' ')?.0.to_owned())),
    ("middle name as an initial", |entry, _| {
        let (first, middle) = entry.given.rsplit_once(' ')?;
        given(entry, format!("{first} {}.", middle.chars().next()?))
    }),
    ("middle name added", |entry, dice| {
        given(entry, format!("{} {}", entry.given, dice.pick(CULTURES[entry.culture].0)))
    }),
    ("second family name left out", |entry, _| family(entry, entry.family.split_once('-')?.0.to_owned())),
    ("Jr added", |entry, _| family(entry, format!("{} Jr.", entry.family))),
    ("letters transposed, given name", |entry, dice| given(entry, transposed(&entry.given, dice)?)),
    ("letter doubled, given name", |entry, dice| given(entry, doubled(&entry.given, dice)?)),
    ("letter missing, given name", |entry, dice| given(entry, missing(&entry.given, dice)?)),
    ("letter extra, given name", |entry, dice| given(entry, extra(&entry.given, dice)?)),
    ("letter wrong, given name", |entry, dice| given(entry, wrong(&entry.given, dice)?)),
    ("letters transposed, family name", |entry, dice| family(entry, transposed(&entry.family, dice)?)),
    ("letter doubled, family name", |entry, dice| family(entry, doubled(&entry.family, dice)?)),
    ("letter missing, family name", |entry, dice| family(entry, missing(&entry.family, dice)?)),
    ("letter extra, family name", |entry, dice| family(entry, extra(&entry.family, dice)?)),
    ("letter wrong, family name", |entry, dice| family(entry, wrong(&entry.family, dice)?)),
    ("day and month swapped", |entry, _| born(entry, day_and_month(entry.born)?)),
    ("digit wrong in birth date", |entry, dice| {
        let typed = digit_wrong(&entry.born.to_string(), dice)?;
        born(entry, date(&typed)?)
    }),
    ("digits swapped in birth date", |entry, dice| {
        let mut digits: Vec<char> = entry.born.to_string().chars().collect();
        let at = [0, 1, 2, 5, 8][dice.below(5)];
        digits.swap(at, at + 1);
        born(entry, date(&digits.into_iter().collect::<String>())?)
    }),
    ("a day, a month or a year off", |entry, dice| {
        let (year, month, day) = entry.born.to_calendar_date();
        let by = [1, -1][dice.below(2)];
        let off = match dice.below(3) {
            0 => Date::from_calendar_date(year + by, month, day).ok()?,
            1 => Date::from_calendar_date(year, if by > 0 { month.next() } else { month.previous() }, day)
                .ok()?,
            _ => entry.born + Duration::days(by.into()),
        };
        born(entry, off)
    }),
    ("nickname (not forgiven without a table)", |entry, _| {
        given(entry, other_of_pair(NICKNAMES, &entry.given)?)
    }),
    ("married name instead (not forgiven)", |entry, dice| {
        family(entry, dice.pick(CULTURES[entry.culture].1).to_owned())
    }),
    ("given name only (not forgiven)", |entry, _| family(entry, String::new())),
    ("digit wrong in record number (not forgiven)", |entry, dice| {
        number(entry, digit_wrong(&entry.number, dice)?)
    }),
    ("digits transposed in record number (not forgiven)", |entry, dice| {
        let digits = transposed(entry.number.strip_prefix("MRN-")?, dice)?;
        number(entry, format!("MRN-{digits}"))
    }),
];

/// Slips that nothing was tuned on: made in other ways, or two at once.
pub const HELD_OUT: [(&str, Slip); 12] = [
    ("a key beside the right one, given name", |entry, dice| given(entry, beside(&entry.given, dice)?)),
    ("a key beside the right one, family name", |entry, dice| family(entry, beside(&entry.family, dice)?)),
    ("letters that look alike, as read from a scan", |entry, dice| {
        if dice.below(2) == 0 {
            given(entry, misread(&entry.given)?)
        } else {
            family(entry, misread(&entry.family)?)
        }
    }),
    ("as heard: ph, ck, ie, ei, double letters", |entry, dice| {
        if dice.below(2) == 0 {
            given(entry, misheard(&entry.given)?)
        } else {
            family(entry, misheard(&entry.family)?)
        }
    }),
    ("cut off after ten letters", |entry, _| {
        let cut = |name: &str| name.chars().take(10).collect::<String>();
        both(entry, cut)
    }),
    ("a slip in each name", |entry, dice| {
        let typed = given(entry, transposed(&entry.given, dice)?)?;
        family(&typed, missing(&entry.family, dice)?)
    }),
    ("a slip in the family name and one in the birth date", |entry, dice| {
        let typed = family(entry, wrong(&entry.family, dice)?)?;
        born(&typed, entry.born + Duration::days(1))
    }),
    ("swapped names, and a slip", |entry, dice| {
        let family = wrong(&entry.family, dice)?;
        Some(Entry { given: family, family: entry.given.clone(), ..entry.clone() })
    }),
    ("a slip, accents dropped", |entry, dice| {
        let typed = both(entry, without_accents)?;
        given(&typed, missing(&typed.given, dice)?)
    }),
    ("the year of another decade's end (1989 for 1990)", |entry, _| {
        let (year, month, day) = entry.born.to_calendar_date();
        if year % 10 != 0 {
            return None;
        }
        born(entry, Date::from_calendar_date(year - 1, month, day).ok()?)
    }),
    ("title before the name", |entry, _| given(entry, format!("Dr. {}", entry.given))),
    ("family name in both fields", |entry, _| given(entry, format!("{} {}", entry.given, entry.family))),
];

/// Somebody else, who types the record number of this person.
pub const OTHERS: [(&str, Slip); 12] = [
    ("a twin", |entry, dice| {
        given(entry, dice.pick(CULTURES[entry.culture].0).to_owned()).filter(|twin| is_twin(entry, twin))
    }),
    ("a twin, name nearest in the list", |entry, dice| {
        given(entry, nearest(entry, dice)?).filter(|twin| is_twin(entry, twin))
    }),
    ("a sibling", |entry, dice| {
        let twin = given(entry, dice.pick(CULTURES[entry.culture].0).to_owned())?;
        born(&twin, entry.born + Duration::days(400 + i64::try_from(dice.below(2_000)).ok()?))
    }),
    ("father or son of the same name", |entry, dice| {
        born(entry, entry.born - Duration::days(7_000 + i64::try_from(dice.below(7_000)).ok()?))
    }),
    ("father or son of the same name, one birthday", |entry, dice| {
        let (year, month, day) = entry.born.to_calendar_date();
        born(
            entry,
            Date::from_calendar_date(year - 18 - i32::try_from(dice.below(25)).ok()?, month, day).ok()?,
        )
    }),
    ("a sibling with one birthday", |entry, dice| {
        let sibling = given(entry, nearest(entry, dice)?).filter(|sibling| is_twin(entry, sibling))?;
        let (year, month, day) = entry.born.to_calendar_date();
        born(
            &sibling,
            Date::from_calendar_date(year - 1 - i32::try_from(dice.below(5)).ok()?, month, day).ok()?,
        )
    }),
    ("a twin with a made-up name that rhymes", |entry, dice| {
        let name = made_up(dice);
        let twin = rhyming(&name, dice)?;
        Some(Entry { given: format!("{name}|{twin}"), ..entry.clone() })
    }),
    ("husband or wife", |entry, dice| {
        let spouse = given(entry, dice.pick(CULTURES[entry.culture].0).to_owned())?;
        born(&spouse, somebody(dice, String::new()).born)
    }),
    ("a namesake", |entry, dice| born(entry, somebody(dice, String::new()).born)),
    ("a stranger", |entry, dice| Some(somebody(dice, entry.number.clone()))),
    ("a stranger who knows the birth date", |entry, dice| {
        let stranger = somebody(dice, entry.number.clone());
        let differs = stranger.given != entry.given && stranger.family != entry.family;
        differs.then_some(Entry { born: entry.born, ..stranger })
    }),
    ("who knows the birth date and lists ten names", |entry, dice| {
        let (given_names, family_names) = CULTURES[entry.culture];
        let mut ten = |list| (0..10).map(|_| dice.pick(list)).collect::<Vec<_>>().join(" ");
        Some(Entry { given: ten(given_names), family: ten(family_names), ..entry.clone() })
    }),
];

// How entries change. Each gives nothing where the slip would change nothing.

fn given(entry: &Entry, given: String) -> Option<Entry> {
    (given != entry.given).then(|| Entry { given, ..entry.clone() })
}

fn family(entry: &Entry, family: String) -> Option<Entry> {
    (family != entry.family).then(|| Entry { family, ..entry.clone() })
}

fn number(entry: &Entry, number: String) -> Option<Entry> {
    (number != entry.number).then(|| Entry { number, ..entry.clone() })
}

fn born(entry: &Entry, born: Date) -> Option<Entry> {
    (born != entry.born).then(|| Entry { born, ..entry.clone() })
}

fn both(entry: &Entry, mut change: impl FnMut(&str) -> String) -> Option<Entry> {
    let typed = Entry { given: change(&entry.given), family: change(&entry.family), ..entry.clone() };
    (typed != *entry).then_some(typed)
}

fn is_twin(entry: &Entry, twin: &Entry) -> bool {
    are_two_names(&entry.given, &twin.given)
}

/// Whether neither name is part of the other: `María` fits `María José` and is no near miss.
pub fn are_two_names(one: &str, other: &str) -> bool {
    let within =
        |one: &str, other: &str| one.split(' ').all(|part| other.split(' ').any(|word| word == part));
    !within(one, other) && !within(other, one)
}

fn nearest(entry: &Entry, dice: &mut Dice) -> Option<String> {
    let first = entry.given.split(' ').next()?;
    let others = CULTURES[entry.culture].0.split(',').filter(|name| *name != first);
    let mut others: Vec<&str> = others.collect();
    others.sort_by_key(|name| strsim::osa_distance(name, first));
    Some(others[dice.below(2)].to_owned())
}

fn day_and_month(date: Date) -> Option<Date> {
    let (year, month, day) = date.to_calendar_date();
    Date::from_calendar_date(year, time::Month::try_from(day).ok()?, month.into()).ok()
}

fn date(typed: &str) -> Option<Date> {
    let (year, rest) = typed.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    // The page takes no others for birth dates.
    (1900..2030).contains(&date.year()).then_some(date)
}

/// A name that is on no list.
fn made_up(dice: &mut Dice) -> String {
    let starts = "Kay,Jay,Tam,Shan,Bray,Tre,Dar,Lat,Mar,Quin,Zay,Kel,Jam,Del,Nev,Ryl";
    let middles = "li,ni,ri,qua,mi,de,lo,tri,vo,za";
    let ends = "na,sha,ka,nn,ra,lle,que,ton,den,lyn,sia,rius,ndra";
    format!("{}{}{}", dice.pick(starts), dice.pick(middles), dice.pick(ends))
}

/// The same with another consonant somewhere.
fn rhyming(name: &str, dice: &mut Dice) -> Option<String> {
    let consonants = "bcdfghjklmnprstvwz".as_bytes();
    let places: Vec<usize> =
        name.char_indices().filter(|(_, c)| !"aeiouy".contains(*c)).map(|(at, _)| at).collect();
    let at = places[dice.below(places.len())];
    let other = char::from(consonants[dice.below(consonants.len())]);
    let other = if at == 0 { other.to_ascii_uppercase() } else { other };
    let mut twin = name.to_owned();
    twin.replace_range(at..=at, &other.to_string());
    (twin != name).then_some(twin)
}

const KEYBOARD: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// One letter is the one beside it on the keyboard.
fn beside(name: &str, dice: &mut Dice) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let at = dice.below(letters.len());
    let row = KEYBOARD.iter().find(|row| row.contains(letters[at].to_ascii_lowercase()))?;
    let place = row.find(letters[at].to_ascii_lowercase())?;
    let near =
        if place == 0 || (dice.below(2) == 0 && place + 1 < row.len()) { place + 1 } else { place - 1 };
    let mut typed = letters;
    typed[at] = char::from(row.as_bytes()[near]);
    Some(typed.into_iter().collect())
}

fn replaced(name: &str, pairs: &[(&str, &str)]) -> Option<String> {
    pairs.iter().find(|(from, _)| name.contains(from)).map(|(from, to)| name.replacen(from, to, 1))
}

fn misread(name: &str) -> Option<String> {
    replaced(name, &[("rn", "m"), ("cl", "d"), ("m", "rn"), ("h", "b"), ("e", "c"), ("u", "v"), ("i", "l")])
}

fn misheard(name: &str) -> Option<String> {
    replaced(
        name,
        &[
            ("ph", "f"),
            ("ck", "k"),
            ("ie", "y"),
            ("ei", "ie"),
            ("ll", "l"),
            ("nn", "n"),
            ("tt", "t"),
            ("ss", "s"),
            ("sch", "sh"),
            ("son", "sen"),
        ],
    )
}

fn other_of_pair(pairs: &str, name: &str) -> Option<String> {
    pairs
        .split(',')
        .filter_map(|pair| pair.split_once(':'))
        .find(|(full, _)| *full == name)
        .map(|(_, nick)| nick.to_owned())
}

fn without_accents(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let latin = name.chars().all(|c| c < '\u{250}' || ('\u{1E00}'..='\u{1EFF}').contains(&c) || c == '’');
    let kept = name.nfd().filter(|c| !latin || !('\u{300}'..='\u{36F}').contains(c)).nfc();
    let plain = kept.map(|c| match c {
        'ł' => 'l',
        'Ł' => 'L',
        'ø' => 'o',
        'Ø' => 'O',
        'đ' | 'ð' => 'd',
        'Đ' | 'Ð' => 'D',
        'ı' => 'i',
        other => other,
    });
    plain
        .collect::<String>()
        .replace('ß', "ss")
        .replace('æ', "ae")
        .replace('œ', "oe")
        .replace('þ', "th")
        .replace('Þ', "Th")
}

fn umlauts_written_out(name: &str) -> String {
    let pairs = [
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("Ö", "Oe"),
        ("ß", "ss"),
        ("ø", "oe"),
        ("Ø", "Oe"),
        ("å", "aa"),
        ("Å", "Aa"),
    ];
    pairs.iter().fold(name.to_owned(), |name, (letter, out)| name.replace(letter, out))
}

fn hyphens_swapped(name: &str) -> String {
    let swap = |c| match c {
        '-' => ' ',
        ' ' => '-',
        other => other,
    };
    name.chars().map(swap).collect()
}

fn apostrophe(name: &str, kind: usize) -> String {
    name.replace(['\'', '’'], ["", "\u{2BC}", "`"][kind])
}

fn without_particles(name: &str) -> Option<String> {
    let particle = |word: &&str| {
        matches!(
            *word,
            "von" | "van" | "de" | "der" | "den" | "la" | "da" | "dos" | "del" | "bin" | "ten" | "e"
        )
    };
    name.contains(' ').then(|| name.split(' ').filter(|word| !particle(word)).collect::<Vec<_>>().join(" "))
}

/// The position of a letter that has a letter behind it.
fn position(letters: &[char], dice: &mut Dice) -> Option<usize> {
    let inside = |at: &usize| letters[*at].is_alphanumeric() && letters[at + 1].is_alphanumeric();
    let positions: Vec<usize> = (0..letters.len().saturating_sub(1)).filter(inside).collect();
    (!positions.is_empty()).then(|| positions[dice.below(positions.len())])
}

fn changed(name: &str, dice: &mut Dice, change: impl Fn(&mut Vec<char>, usize, &mut Dice)) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let at = position(&letters, dice)?;
    change(&mut letters, at, dice);
    let typed: String = letters.into_iter().collect();
    (typed != name).then_some(typed)
}

fn transposed(name: &str, dice: &mut Dice) -> Option<String> {
    changed(name, dice, |letters, at, _| letters.swap(at, at + 1))
}

fn doubled(name: &str, dice: &mut Dice) -> Option<String> {
    changed(name, dice, |letters, at, _| letters.insert(at + 1, letters[at]))
}

fn missing(name: &str, dice: &mut Dice) -> Option<String> {
    changed(name, dice, |letters, at, dice| {
        letters.remove(at + dice.below(2));
    })
}

fn extra(name: &str, dice: &mut Dice) -> Option<String> {
    changed(name, dice, |letters, at, dice| letters.insert(at + 1, letter(dice)))
}

fn wrong(name: &str, dice: &mut Dice) -> Option<String> {
    changed(name, dice, |letters, at, dice| letters[at + dice.below(2)] = letter(dice))
}

fn letter(dice: &mut Dice) -> char {
    char::from(b'a' + u8::try_from(dice.below(26)).expect("small"))
}

fn digit_wrong(text: &str, dice: &mut Dice) -> Option<String> {
    let digits: Vec<usize> = text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let at = digits[dice.below(digits.len())];
    let mut typed = text.to_owned();
    typed.replace_range(at..=at, &dice.below(10).to_string());
    (typed != text).then_some(typed)
}
